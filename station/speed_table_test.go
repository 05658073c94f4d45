package station_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"keystation/station/stationtest"
)

// pair is one key made by the station and one by the bare program, right after each other, and one more by the station
// with its inventory in memory.
type pair struct {
	ours     timed
	inMemory timed // zero: there is no file system in memory
	laps     []stationtest.Lap
	theirs   stationtest.Traffic
}

func (p pair) total() time.Duration { return p.ours.total }
func (p pair) books() time.Duration { return p.ours.books }
func (p pair) bare() time.Duration  { return p.lap("total") }

// disk is how much longer the books take on the disk than in memory: its syncs.
func (p pair) disk() time.Duration { return p.ours.books - p.inMemory.books }

// over is how much longer the station took than bare; own is that where no disk is waited for.
func (p pair) over() time.Duration  { return p.total() - p.bare() }
func (p pair) own() time.Duration   { return p.inMemory.total - p.bare() }
func (p pair) overPercent() float64 { return percent(p.over(), p.bare()) }

func percent(part, whole time.Duration) float64 { return 100 * float64(part) / float64(whole) }

func (p pair) lap(step string) time.Duration {
	for _, l := range p.laps {
		if l.Step == step {
			return l.Took
		}
	}
	return 0
}

// sixteen is one key and then sixteen at once.
type sixteen struct {
	one, all time.Duration
	each     []time.Duration
}

func (s sixteen) ratio() float64 { return float64(s.all) / float64(s.one) }

// middle is the median of what of gives: one slow run among many on a busy machine does not move it.
func middle[T any, N cmp.Ordered](all []T, of func(T) N) N {
	var ns []N
	for _, v := range all {
		ns = append(ns, of(v))
	}
	slices.Sort(ns)
	return ns[len(ns)/2]
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1e3 }

// table lines up columns that are separated by tabs.
func table(lines []string) string {
	var s strings.Builder
	w := tabwriter.NewWriter(&s, 0, 0, 3, ' ', tabwriter.AlignRight)
	for _, l := range lines {
		fmt.Fprintln(w, l+"\t")
	}
	_ = w.Flush() // a strings.Builder takes everything
	return s.String()
}

// tellPairs shows where the time of a run goes, beside the bare program's, as medians.
func tellPairs(key, aim string, pairs []pair) string {
	total, books, bare := middle(pairs, pair.total), middle(pairs, pair.books), middle(pairs, pair.bare)
	lines := []string{"step\tstation ms\tshare %\tof it books ms\tbare ms"}
	for i, l := range pairs[0].ours.laps {
		act := middle(pairs, func(p pair) time.Duration { return p.ours.laps[i].act })
		books := middle(pairs, func(p pair) time.Duration { return p.ours.laps[i].books })
		theirs := "none"
		if d := middle(pairs, func(p pair) time.Duration { return p.lap(string(l.step)) }); d > 0 {
			theirs = fmt.Sprintf("%.2f", ms(d))
		}
		lines = append(lines, fmt.Sprintf("%s\t%.2f\t%.1f\t%.2f\t%s", l.step, ms(act+books), percent(act+books, total), ms(books), theirs))
	}
	lines = append(lines, fmt.Sprintf("whole run\t%.2f\t100.0\t%.2f\t%.2f", ms(total), ms(books), ms(bare)))
	return fmt.Sprintf("%s, beside the bare C program, medians of %d\n%s%s%s\n%s", key, len(pairs), table(lines), tellOwn(pairs), aim,
		tellTraffic(pairs[len(pairs)-1]))
}

// tellOwn says what the station adds to the bare program's time, and what of that is the disk's.
func tellOwn(pairs []pair) string {
	last, bare := pairs[len(pairs)-1].ours, middle(pairs, pair.bare)
	row := func(what string, of func(pair) time.Duration) string {
		return fmt.Sprintf("%s\t%.2f\t%.1f", what, ms(middle(pairs, of)), percent(middle(pairs, of), bare))
	}
	lines := []string{"over bare\tms\t% of bare", row("all", pair.over)}
	if hasMemory() {
		lines = append(lines, row(fmt.Sprintf("the disk's sync, %d commits", last.commits), pair.disk), row("the station's own", pair.own))
	}
	key := middle(pairs, func(p pair) time.Duration { return p.ours.traffic.Working })
	theirs := middle(pairs, func(p pair) time.Duration { return p.theirs.Working })
	kb := middle(pairs, func(p pair) uint64 { return p.ours.bytes / 1024 })
	return table(lines) + fmt.Sprintf("The key worked %.2f ms for the station and %.2f ms for bare. "+
		"A run allocates %d KiB, the software key's with them.\n", ms(key), ms(theirs), kb)
}

// reportPairs gives the same to programs that read benchmarks.
func reportPairs(b *testing.B, pairs []pair) {
	b.ReportMetric(0, "ns/op") // of a pair with its set-up: it says nothing; nor would the memory of one
	b.ReportMetric(float64(middle(pairs, func(p pair) uint64 { return p.ours.bytes })), "B/op")
	b.ReportMetric(float64(middle(pairs, func(p pair) uint64 { return p.ours.allocations })), "allocs/op")
	b.ReportMetric(ms(middle(pairs, pair.total)), "ms/run")
	b.ReportMetric(ms(middle(pairs, pair.bare)), "bare-ms/run")
	if hasMemory() {
		b.ReportMetric(ms(middle(pairs, pair.own)), "own-ms/key")
		b.ReportMetric(ms(middle(pairs, pair.disk)), "sync-ms/key")
	}
	b.ReportMetric(middle(pairs, pair.overPercent), "percent-over-bare")
}

// tellTraffic shows that both asked the same of the key, or what differed.
func tellTraffic(p pair) string {
	ours, theirs := p.ours.traffic, p.theirs
	s := fmt.Sprintf("station: %d messages in %d packets, answers in %d; bare: %d in %d, answers in %d\n",
		len(ours.Asked), ours.Packets, ours.Answers, len(theirs.Asked), theirs.Packets, theirs.Answers)
	if slices.Equal(ours.Asked, theirs.Asked) {
		return s + "the same messages in the same order:\n" + wrap(ours.Asked)
	}
	return s + "THEY DIFFER, so the times do not compare. The station's:\n" + wrap(ours.Asked) + "bare's:\n" + wrap(theirs.Asked)
}

// wrap writes messages on few lines.
func wrap(messages []string) string {
	var s strings.Builder
	width := 0
	for _, m := range messages {
		if width > 0 && width+len(m) > 110 {
			s.WriteString("\n")
			width = 0
		}
		n, _ := fmt.Fprintf(&s, "  %s;", m)
		width += n
	}
	return s.String() + "\n"
}

// atMost says if an aim was met.
func atMost(have, aim float64) string {
	if have <= aim {
		return fmt.Sprintf("met (%.2f)", have)
	}
	return fmt.Sprintf("NOT MET by %.2f", have-aim)
}

// atLeast says if an aim was met.
func atLeast(have, aim float64) string {
	if have >= aim {
		return fmt.Sprintf("met (%.2f)", have)
	}
	return fmt.Sprintf("NOT MET by %.2f", aim-have)
}

// tellSixteen shows what sixteen keys at once cost beside one.
func tellSixteen(rounds []sixteen, inTurn time.Duration) string {
	lines := []string{"round\tone ms\tsixteen ms\tratio\tfirst of them ms\tlast ms"}
	for i, s := range rounds {
		lines = append(lines, fmt.Sprintf("%d\t%.0f\t%.0f\t%.3f\t%.0f\t%.0f", i+1, ms(s.one), ms(s.all), s.ratio(),
			ms(slices.Min(s.each)), ms(slices.Max(s.each))))
	}
	return fmt.Sprintf("sixteen keys as slow as real ones at once with sixteen touch slots, beside one key\n%s"+
		"Aim: a ratio of at most 1.15: %s. With one touch slot they take %.0f ms.\n", table(lines),
		atMost(middle(rounds, sixteen.ratio), 1.15), ms(inTurn))
}
