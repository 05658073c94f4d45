package inventory

import (
	"strings"
	"time"
	"unicode/utf8"
)

// CommentKind says what a comment is for.
type CommentKind string

// The kinds of comment.
const (
	Remark   CommentKind = "comment"
	Question CommentKind = "question" // of an approver, who waits for its answer
	Answer   CommentKind = "answer"
)

// Comment is what somebody said about a requisition. Everybody who may read the requisition reads it.
type Comment struct {
	ID          CommentID     `json:"id"`
	Requisition RequisitionID `json:"requisition"`
	By          Actor         `json:"by"`
	Kind        CommentKind   `json:"kind"`
	Text        string        `json:"text"`
	At          time.Time     `json:"at"`
}

// longestComment is as much as somebody says at once, in characters.
const longestComment = 2000

// Say checks and dates a comment. Lines may be broken in it.
func (c Comment) Say(by Actor, at time.Time) (Comment, Event, error) {
	c.Text = strings.TrimSpace(strings.ReplaceAll(c.Text, "\r\n", "\n"))
	if c.Text == "" {
		return c, Event{}, Refuse(Invalid, "There is nothing in the comment: write something, then send it.")
	}
	if n := utf8.RuneCountInString(c.Text); n > longestComment {
		return c, Event{}, Refuse(Invalid, "The comment has %d characters, %d too many: say it shorter.", n, n-longestComment)
	}
	for line := range strings.SplitSeq(c.Text, "\n") {
		if err := CheckText("comment", strings.ReplaceAll(line, "\t", " ")); err != nil {
			return c, Event{}, err
		}
	}
	c.By, c.At = by, at
	return c, Event{Action: "requisition." + string(c.Kind), Subjects: []string{string(c.Requisition)}, Payload: Commented{c.Text}}, nil
}

// Commented is the payload of a comment.
type Commented struct {
	Text string `json:"text"`
}
