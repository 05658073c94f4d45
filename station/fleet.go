package station

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"time"

	"keystation/inventory"
)

// Fleet is the evidence of all keys, and where it is written down what judging it again came to.
type Fleet interface {
	// FleetSize counts the keys that have evidence.
	FleetSize(ctx context.Context) (int, error)
	// Evidence gives what was kept of keys in the order of their ids: of those after a key, at most limit.
	Evidence(ctx context.Context, after inventory.KeyID, limit int) ([]inventory.Evidence, error)
	// BeginReview writes that the fleet is judged again. A review that is not through gives way.
	BeginReview(ctx context.Context, by inventory.Actor, r inventory.Review) (inventory.Review, error)
	// SaveJudgments writes judgments of a review that has judged so many keys by now, and what they mean, all or none.
	SaveJudgments(ctx context.Context, by inventory.Actor, id inventory.ReviewID, keys int, js []inventory.Judged) (inventory.Review, error)
	// EndReview writes that a review is through.
	EndReview(ctx context.Context, by inventory.Actor, id inventory.ReviewID, keys int) (inventory.Review, error)
}

// The fleet is read in pages. A page is written in batches that are short, since a bench that makes keys waits for them:
// a first judgment that changes nothing is one row, any other also what it means for its key.
const (
	pageOfEvidence = 256
	batchOfChanges = 32
)

// A Reviewer judges the whole fleet again by a policy.
type Reviewer struct {
	Fleet    Fleet
	Policy   Policy
	Now      func() time.Time      // nil: the system's clock
	Progress func(done, total int) // told after each page, by one goroutine; nil: nobody is told
}

// Review judges every key and writes what changed. Cause says in a sentence what was new. When ctx ends it stops between
// two batches: what was written stays, and to begin anew does no harm.
func (r Reviewer) Review(ctx context.Context, by inventory.Actor, cause string) (inventory.Review, error) {
	judge := NewJudge(r.Policy)
	review, err := r.Fleet.BeginReview(ctx, by, inventory.Review{Cause: cause, Metadata: judge.metadata(), Policy: r.Policy.Number})
	if err != nil {
		return review, err
	}
	keys := 0
	err = r.each(ctx, judge, func(page []weighed) error {
		keys += len(page)
		for _, batch := range r.news(page) {
			if review, err = r.Fleet.SaveJudgments(ctx, by, review.ID, keys, batch); err != nil {
				return err
			}
		}
		return ctx.Err()
	})
	if err != nil {
		return review, err
	}
	return r.Fleet.EndReview(ctx, by, review.ID, keys)
}

// news are the judgments that say something which was not written down yet, in batches.
func (r Reviewer) news(page []weighed) [][]inventory.Judged {
	var firsts, changes []inventory.Judged
	for _, w := range page {
		before, j := w.evidence.Judged, inventory.Judged{Judgment: w.judgment, Incidents: r.Policy.For(w.evidence.Tier).Incidents}
		switch {
		case before.ID == "" && w.judgment.Verdict == w.evidence.Key.Verdict:
			firsts = append(firsts, j)
		case before.ID == "" || before.Registration != w.judgment.Registration || !w.judgment.Same(before):
			changes = append(changes, j)
		}
	}
	batches := slices.Collect(slices.Chunk(changes, batchOfChanges))
	if len(firsts) > 0 {
		batches = append(batches, firsts)
	}
	return batches
}

// weighed is a key with what judging it came to.
type weighed struct {
	evidence inventory.Evidence
	judgment inventory.Judgment
}

// each judges every key, on all processors, and gives the pages to do in the order of the keys. At most two pages for
// each processor are in memory.
func (r Reviewer) each(ctx context.Context, judge *Judge, do func([]weighed) error) error {
	total, err := r.Fleet.FleetSize(ctx)
	if err != nil {
		return err
	}
	now := time.Now
	if r.Now != nil {
		now = r.Now
	}
	at, done := now(), 0
	r.progress(done, total)
	ctx, stop := context.WithCancel(ctx)
	pages := &pages{fleet: r.Fleet, judge: judge, at: at, ready: make(chan chan []weighed, 2*runtime.NumCPU())}
	var reading sync.WaitGroup
	reading.Go(func() { pages.read(ctx) })
	defer reading.Wait()
	defer stop()
	for page := range pages.ready {
		judged := <-page
		if err := do(judged); err != nil {
			return err
		}
		done += len(judged)
		r.progress(done, max(done, total)) // keys may have been made meanwhile
	}
	return pages.err
}

func (r Reviewer) progress(done, total int) {
	if r.Progress != nil {
		r.Progress(done, total)
	}
}

// pages reads the fleet page by page and has each judged by a goroutine of its own. Whoever takes from ready gets the
// pages in their order, each as soon as it is judged; that ready holds so few keeps the others from being read.
type pages struct {
	fleet Fleet
	judge *Judge
	at    time.Time
	ready chan chan []weighed
	err   error // of reading; to be asked when ready is closed
}

func (p *pages) read(ctx context.Context) {
	defer close(p.ready)
	var judging sync.WaitGroup
	defer judging.Wait()
	var after inventory.KeyID
	for {
		all, err := p.fleet.Evidence(ctx, after, pageOfEvidence)
		if err != nil {
			p.err = err
			return
		}
		if len(all) == 0 {
			return
		}
		after = all[len(all)-1].Key.ID
		page := make(chan []weighed, 1)
		select {
		case p.ready <- page:
		case <-ctx.Done():
			p.err = ctx.Err()
			return
		}
		judging.Go(func() { page <- p.weigh(all) })
	}
}

func (p *pages) weigh(all []inventory.Evidence) []weighed {
	judged := make([]weighed, len(all))
	for i, e := range all {
		judged[i] = weighed{e, p.judge.Judge(e, p.at)}
	}
	return judged
}
