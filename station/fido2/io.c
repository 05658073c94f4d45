/*
 * The reads and writes under libfido2: fido_dev_set_io_functions(3). One thread uses an io at a time; only its
 * eventfd is written by others.
 */
#include "shim.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "_cgo_export.h"

/* Where things stand in a report (CTAP 2.1 §11.2.4) and the commands that matter here (§11.2.9). */
#define AT_COMMAND 4
#define AT_LENGTH 5
#define AT_DATA 7
#define AT_CONT 5
#define BIT_INIT 0x80
#define CMD_INIT 0x86
#define CMD_CBOR 0x90
#define CMD_CANCEL 0x91
#define CMD_KEEPALIVE 0xbb
#define CMD_ERROR 0xbf
#define KEEPALIVE_UPNEEDED 2
#define INIT_ANSWER 17 /* nonce, channel, four versions, capabilities */

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int fail(ks_io *io, int err)
{
	if (io->err == 0)
		io->err = err;
	return -1;
}

/* left is how long to wait: until the deadline, and never longer than a key may be silent. */
static int left(const ks_io *io)
{
	int64_t ms;

	if (io->deadline == 0)
		return io->silence;
	ms = io->deadline - now();
	if (ms < 0)
		return 0;
	return ms < io->silence ? (int)ms : io->silence;
}

static int put(ks_io *io, const unsigned char *report);

/*
 * cancel gives up the pending command. CTAP 2.1 §11.2.9.1.5: the key answers it with CTAP2_ERR_KEEPALIVE_CANCEL,
 * or as if nothing had been said when it was done already; either answer is waited for, for a while.
 */
static int cancel(ks_io *io)
{
	unsigned char report[KS_OUT_REPORT] = {0};

	io->canceled = true;
	if (io->opening)
		return fail(io, ECANCELED);
	io->deadline = now() + io->grace;
	memcpy(report + 1, io->channel, sizeof(io->channel));
	report[1 + AT_COMMAND] = CMD_CANCEL;
	return put(io, report);
}

/*
 * ready waits until fd can do what events say. While reading, a whole request is out and a cancel goes to the key;
 * while writing, what is left of the request is not sent.
 */
static int ready(ks_io *io, short events)
{
	for (;;) {
		struct pollfd p[2] = {{io->fd, events, 0}, {io->wake, POLLIN, 0}};
		int n = poll(p, io->canceled ? 1 : 2, left(io));

		if (n < 0 && errno != EINTR)
			return fail(io, errno);
		if (n == 0)
			return fail(io, ETIMEDOUT);
		if (n > 0 && p[1].revents != 0) {
			if (events == POLLOUT)
				return fail(io, ECANCELED);
			if (cancel(io) < 0)
				return -1;
		} else if (n > 0) {
			return 0;
		}
	}
}

/* put writes one report with its id, in pieces if the node takes it so. */
static int put(ks_io *io, const unsigned char *report)
{
	size_t done = 0;

	while (done < KS_OUT_REPORT) {
		ssize_t n = write(io->fd, report + done, KS_OUT_REPORT - done);

		if (n > 0) {
			done += (size_t)n;
			continue;
		}
		if (n == 0)
			return fail(io, EIO);
		if (errno != EAGAIN && errno != EINTR)
			return fail(io, errno);
		if (errno == EAGAIN && ready(io, POLLOUT) < 0)
			return -1;
	}
	return 0;
}

/* get reads one report, in pieces if a terminal gives it so. */
static int get(ks_io *io, unsigned char *report)
{
	size_t done = 0;

	while (done < KS_REPORT) {
		ssize_t n;

		if (ready(io, POLLIN) < 0)
			return -1;
		n = read(io->fd, report + done, KS_REPORT - done);
		if (n > 0)
			done += (size_t)n;
		else if (n == 0)
			return fail(io, EIO);
		else if (errno != EAGAIN && errno != EINTR)
			return fail(io, errno);
	}
	return 0;
}

/*
 * ours tells reports for us from those for another program: every reader of a hidraw node gets all of them.
 * CTAP 2.1 §11.2.9.1.3: on the broadcast channel the nonce tells.
 */
static bool ours(const ks_io *io, const unsigned char *report)
{
	if (memcmp(report, io->channel, sizeof(io->channel)) != 0)
		return false;
	return report[AT_COMMAND] != CMD_INIT || memcmp(report + AT_DATA, io->nonce, sizeof(io->nonce)) == 0;
}

static void keep(ks_io *io, const unsigned char *data, size_t n)
{
	if (n > io->want - io->have)
		n = io->want - io->have;
	memcpy(io->answer + io->have, data, n);
	io->have += n;
}

/* bear_with gives a key that says that it works on its opening more time: for the next keepalive, up to a limit. */
static void bear_with(ks_io *io)
{
	int64_t deadline = now() + io->grace;

	if (deadline > io->patience)
		deadline = io->patience;
	if (deadline > io->deadline)
		io->deadline = deadline;
}

/*
 * at_work has the clock run while a key says that it works. While it waits for a person the caller knows how long
 * that may last.
 */
static void at_work(ks_io *io, uint8_t keepalive)
{
	if (keepalive == KEEPALIVE_UPNEEDED)
		io->work_end = 0;
	else if (io->work_end == 0)
		io->work_end = now() + io->work;
}

/*
 * fit cuts an answer to INIT to the size that this version of the protocol has. CTAP 2.1 §11.2.9.1.3: a host accepts a
 * longer one, to which later versions add; libfido2 does not.
 */
static void fit(unsigned char *report)
{
	if (report[AT_COMMAND] == CMD_INIT && report[AT_LENGTH] == 0 &&
	    report[AT_LENGTH + 1] > INIT_ANSWER && report[AT_LENGTH + 1] <= KS_REPORT - AT_DATA)
		report[AT_LENGTH + 1] = INIT_ANSWER;
}

/* note keeps what libfido2 does not: keepalives, error codes, the bytes of an answer. */
static void note(ks_io *io, const unsigned char *report)
{
	if ((report[AT_COMMAND] & BIT_INIT) == 0) {
		keep(io, report + AT_CONT, KS_REPORT - AT_CONT);
		return;
	}
	switch (report[AT_COMMAND]) {
	case CMD_KEEPALIVE:
		if (io->opening)
			bear_with(io);
		at_work(io, report[AT_DATA]);
		keystationHeard(io->heard, report[AT_DATA]);
		break;
	case CMD_ERROR:
		io->hid_error = report[AT_DATA];
		break;
	case CMD_CBOR:
		io->have = 0;
		io->want = (size_t)report[AT_LENGTH] << 8 | report[AT_LENGTH + 1];
		if (io->want > sizeof(io->answer))
			io->want = sizeof(io->answer);
		keep(io, report + AT_DATA, KS_REPORT - AT_DATA);
		break;
	}
}

static int io_read(void *handle, unsigned char *report, size_t n, int ms)
{
	ks_io *io = handle;

	(void)ms; /* the limits are the io's own */
	if (n != KS_REPORT)
		return fail(io, EMSGSIZE);
	do {
		if (get(io, report) < 0)
			return -1;
		if (io->opening && now() >= io->deadline)
			return fail(io, ETIMEDOUT); /* a node that talks without end, but not to us */
	} while (!ours(io, report));
	fit(report);
	note(io, report);
	if (report[AT_COMMAND] == CMD_KEEPALIVE && io->work_end != 0 && now() >= io->work_end)
		return fail(io, ETIMEDOUT); /* a key that works for ever */
	if (io->want > 0 && io->have == io->want && !ks_sane(io->command, io->answer, io->have))
		return fail(io, EBADMSG); /* before libfido2 has the last report, and decodes */
	return KS_REPORT;
}

/* waked reports a cancel that came before a request began; such a request is not sent. */
static bool waked(ks_io *io)
{
	struct pollfd p = {io->wake, POLLIN, 0};

	if (poll(&p, 1, 0) > 0)
		io->canceled = true;
	return io->canceled;
}

static int io_write(void *handle, const unsigned char *report, size_t n)
{
	ks_io *io = handle;

	if (n != KS_OUT_REPORT)
		return fail(io, EMSGSIZE);
	if (report[1 + AT_COMMAND] & BIT_INIT) {
		if (waked(io))
			return fail(io, ECANCELED);
		memcpy(io->channel, report + 1, sizeof(io->channel));
		io->want = io->have = 0;
		io->work_end = 0;
		io->command = report[1 + AT_DATA];
	}
	if (report[1 + AT_COMMAND] == CMD_INIT)
		memcpy(io->nonce, report + 1 + AT_DATA, sizeof(io->nonce));
	return put(io, report) < 0 ? -1 : KS_OUT_REPORT;
}

/* libfido2 opens by a path; ours is open already and is handed over on the thread that calls fido_dev_open. */
static _Thread_local ks_io *handed_over;

void ks_hand_over(ks_io *io)
{
	handed_over = io;
}

static void *io_open(const char *path)
{
	ks_io *io = handed_over;

	(void)path;
	handed_over = NULL;
	return io;
}

static void io_close(void *handle)
{
	ks_io *io = handle;

	if (io->opening)
		return; /* libfido2 gives up, but there may be another try on the same descriptor */
	if (io->fd >= 0)
		close(io->fd); /* and with it the lock */
	io->fd = -1;
}

const fido_dev_io_t ks_io_functions = {io_open, io_close, io_read, io_write};
