package ctaphid

import (
	"encoding/binary"
	"fmt"
)

// Sizes of CTAP 2.1 §11.2.4 for the full-speed packet of 64 bytes.
const (
	Report     = 64         // what is read
	OutReport  = 1 + Report // what a host writes: the report id 0 in front
	initData   = Report - 7 // in an initialization packet
	contData   = Report - 5 // in a continuation packet
	maxCont    = 128        // sequence numbers 0 to 127
	MaxMessage = initData + maxCont*contData
)

// Channel tells the programs that talk to one device apart (CTAP 2.1 §11.2.3).
type Channel uint32

// Broadcast is the channel on which a program asks for one of its own; 0 is reserved.
const Broadcast Channel = 0xFFFFFFFF

// Message is one request or response.
type Message struct {
	Channel Channel
	Command Command
	Data    []byte
}

// Packets splits m into reports of 64 bytes. It is an error when m is longer than
// [MaxMessage].
func Packets(m Message) ([][Report]byte, error) {
	if len(m.Data) > MaxMessage {
		return nil, fmt.Errorf("split message: %d bytes are more than %d: %w", len(m.Data), MaxMessage, ErrInvalidLength)
	}
	var first [Report]byte
	binary.BigEndian.PutUint32(first[:], uint32(m.Channel))
	first[4] = byte(m.Command) | initBit
	binary.BigEndian.PutUint16(first[5:], uint16(len(m.Data)))
	rest := m.Data[copy(first[7:], m.Data):]
	out := [][Report]byte{first}
	for seq := byte(0); len(rest) > 0; seq++ {
		var p [Report]byte
		binary.BigEndian.PutUint32(p[:], uint32(m.Channel))
		p[4] = seq
		rest = rest[copy(p[5:], rest):]
		out = append(out, p)
	}
	return out, nil
}

// Packet is one report taken apart. Its data are a view into the report.
type Packet struct {
	Channel Channel
	Init    bool
	Command Command // of an initialization packet
	Length  int     // of the whole message, in an initialization packet
	Seq     byte    // of a continuation packet
	Data    []byte
}

// ParsePacket takes a report of exactly 64 bytes apart.
func ParsePacket(report []byte) (Packet, error) {
	if len(report) != Report {
		return Packet{}, fmt.Errorf("parse packet: %d bytes instead of %d: %w", len(report), Report, ErrInvalidLength)
	}
	p := Packet{Channel: Channel(binary.BigEndian.Uint32(report))}
	if report[4]&initBit == 0 {
		p.Seq, p.Data = report[4], report[5:]
		return p, nil
	}
	p.Init, p.Command, p.Data = true, Command(report[4]), report[7:]
	p.Length = int(binary.BigEndian.Uint16(report[5:]))
	return p, nil
}
