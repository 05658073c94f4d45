// Package stationtest is the test kit of the bench: software keys that are plugged in for the length of a test, and
// one suite that says what every station.Authenticator must do.
//
// Most readers need two things. [Key] starts a software key behind a pseudo-terminal and takes it out when the test
// ends. [Authenticator] runs the suite over a [Subject], which is a key together with the hands beside it; [Soft]
// makes one of a software key, opened by libfido2 just as the bench opens it, and a test over hardware makes its own.
//
// What the suite knows is CTAP 2.1 and what the bench relies on: that a reset voids every credential, that a silent
// assertion costs nobody a touch, that wrong PINs count, that a cancel comes back as one. It wipes the key it is
// given, many times.
//
// For tests only: no other code may import it.
package stationtest
