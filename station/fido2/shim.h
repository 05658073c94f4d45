/*
 * What Go sees of libfido2's device calls. Building credentials and assertions in memory is done from Go with
 * libfido2's own functions; everything that talks to a key goes through here, because it needs our reads and
 * writes, a PIN that is wiped, and a flag that libfido2 keeps per thread.
 */
#ifndef KEYSTATION_SHIM_H
#define KEYSTATION_SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fido.h>
#include <fido/config.h>
#include <fido/err.h>
#include <fido/param.h>

/* Sizes of CTAP 2.1 §11.2.4: a report, a report with its id in front, and the longest message. */
#define KS_REPORT 64
#define KS_OUT_REPORT (1 + KS_REPORT)
#define KS_MESSAGE (KS_REPORT - 7 + 128 * (KS_REPORT - 5))

/* ks_io is the way to one key: its descriptor, and what passed over it. */
typedef struct ks_io {
	int fd;         /* the open node, -1 when closed */
	int wake;       /* an eventfd: readable means cancel */
	uintptr_t heard; /* the Go side that hears keepalives */

	bool opening;      /* no channel yet: nothing to send a cancel on */
	bool canceled;     /* a cancel was seen during this call */
	int64_t deadline;  /* monotonic milliseconds, 0: none but the silence limit */
	int64_t patience;  /* the last deadline of an opening, however often the key says that it works on it */
	int work;          /* milliseconds that a key may say that it works, without asking for a touch */
	int64_t work_end;  /* when it has done so for long enough, 0: it does not */
	int silence;       /* milliseconds without any report that mean a dead key */
	int grace;         /* milliseconds that a canceled or slowly opening key has for its next report */

	int err;           /* errno of the fault, 0: none */
	uint8_t hid_error; /* the code of a CTAPHID_ERROR, 0: none */

	uint8_t channel[4]; /* of the last report written */
	uint8_t nonce[8];   /* of the last INIT written */

	uint8_t answer[KS_MESSAGE]; /* the last CTAPHID_CBOR message read */
	size_t want, have;
	uint8_t command; /* of CTAP2, that it answers */
} ks_io;

extern const fido_dev_io_t ks_io_functions;

/* ks_hand_over names the io that the next open on this thread gets. */
void ks_hand_over(ks_io *io);

/* ks_key is an open key. */
typedef struct ks_key {
	ks_io io;
	fido_dev_t *dev;
} ks_key;

/* Every call gives a FIDO_ERR_… code. PINs are bytes with a length, copied and wiped here; NULL: none. */
/* A ks_open that failed may be called again. */
ks_key *ks_new(int fd, int wake, uintptr_t heard);
int ks_open(ks_key *k, int ms);
void ks_free(ks_key *k);

int ks_info(ks_key *k);
int ks_reset(ks_key *k);
int ks_retries(ks_key *k, int *left);
int ks_set_pin(ks_key *k, const void *pin, size_t n, const void *old, size_t old_n);
int ks_enable_entattest(ks_key *k, const void *pin, size_t n);
int ks_toggle_always_uv(ks_key *k, const void *pin, size_t n);
int ks_set_min_pin(ks_key *k, size_t length, const void *pin, size_t n);
int ks_force_pin_change(ks_key *k, const void *pin, size_t n);
int ks_make_cred(ks_key *k, fido_cred_t *cred, const void *pin, size_t n);
int ks_get_assert(ks_key *k, fido_assert_t *assert, const void *pin, size_t n, bool touch);

/* ks_memory is what is held in C: keys, credentials and assertions, bytes of the heap (-1: unknown). */
typedef struct ks_memory {
	long keys, objects, bytes;
} ks_memory;

ks_memory ks_held(void);
void ks_count_key(int n);

/* Like libfido2's own, and counted. */
fido_cred_t *ks_cred_new(void);
void ks_cred_free(fido_cred_t **c);
fido_assert_t *ks_assert_new(void);
void ks_assert_free(fido_assert_t **a);

/* ks_sane says whether the CBOR of an answer to a command is as long as it says, also inside authenticator data. */
bool ks_sane(uint8_t command, const unsigned char *answer, size_t n);

/* ks_cred_set_entattest is fido_cred_set_entattest(3) of libfido2 1.16, looked up; FIDO_ERR_UNSUPPORTED_OPTION before. */
int ks_cred_set_entattest(fido_cred_t *cred, int kind);

/* ks_has says whether the libfido2 that is loaded has a function, whatever it was compiled against. */
bool ks_has(const char *symbol);

#endif
