package inventory

import "strings"

// Command is what a code on the printed command sheet asks the bench for, in place of mouse and keys.
type Command string

// The commands. There is none that says yes to a question, and none that opens a making session: both can end in a key
// being wiped, so they are answered at the screen, where it can be read which key is meant.
const (
	CommandHold    Command = "HOLD"
	CommandRelease Command = "RELEASE"
	CommandRetry   Command = "RETRY"
	CommandStop    Command = "STOP"
	CommandPrint   Command = "PRINT"
	CommandBlink   Command = "BLINK"
	CommandEnd     Command = "STOP MAKING"
	CommandBench   Command = "WHOLE BENCH"
)

// CommandCode is one code of the command sheet.
type CommandCode struct {
	Command Command // or, when Port is not 0, empty
	Port    int
	Code    string // what is printed
	Says    string // what it does, in a few words
}

// A code is printed and hung up: it never changes. Its six letters end in the check character of an asset tag, and all of
// them are on the same key in every layout that is read here, so that nothing need be undone.
const (
	codePrefix  = "KS"
	portPrefix  = codePrefix + "X"
	codeLetters = "BCDEFGHJKLNPRSTUVX"
)

// CommandPorts is how many ports have a code.
const CommandPorts = 32

// commandCodes are the codes of the commands in the order of the sheet.
var commandCodes = []CommandCode{
	{CommandHold, 0, "KSHLTC", "Nothing begins and nothing asks for hands: at a port, or on the whole bench."},
	{CommandRelease, 0, "KSRUNN", "The port, or the whole bench, goes on."},
	{CommandRetry, 0, "KSRTRR", "Begin anew at a port."},
	{CommandStop, 0, "KSSTPK", "End what a port waits for, at the next safe point."},
	{CommandPrint, 0, "KSPTLP", "Print the label of a port's key once more."},
	{CommandBlink, 0, "KSBLNR", "Let the key at a port blink."},
	{CommandEnd, 0, "KSENDG", "End the making session: every new key asks again."},
	{CommandBench, 0, "KSBENF", "No port is chosen any more."},
}

// CommandCodes gives all codes of the command sheet: the commands, then the ports.
func CommandCodes() []CommandCode {
	codes := append([]CommandCode{}, commandCodes...)
	for _, a := range codeLetters {
		for _, b := range codeLetters {
			code := portPrefix + string(a) + string(b)
			check := tagCheck(code)
			if !strings.ContainsRune(codeLetters, rune(check)) {
				continue
			}
			port := len(codes) - len(commandCodes) + 1
			codes = append(codes, CommandCode{Port: port, Code: code + string(check), Says: "Choose this port."})
			if port == CommandPorts {
				return codes
			}
		}
	}
	return codes
}

// readCommand reads a code of the sheet, in capitals.
func readCommand(text string) (Scan, bool) {
	if !strings.HasPrefix(text, codePrefix) {
		return Scan{}, false
	}
	for _, c := range CommandCodes() {
		switch {
		case c.Code != text:
		case c.Port > 0:
			return Scan{Kind: ScanPort, Port: c.Port}, true
		default:
			return Scan{Kind: ScanCommand, Command: c.Command}, true
		}
	}
	return Scan{}, false
}
