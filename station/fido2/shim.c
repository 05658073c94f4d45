/* The calls that talk to a key. See shim.h. */
#define _GNU_SOURCE
#include "shim.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	SILENCE_MS = 10000, /* CTAP 2.1 §11.2.9.1.7: a working key says so every 100 ms */
	TOUCH_SILENCE_MS = 60000, /* some keys say nothing while they wait for a touch */
	GRACE_MS = 3000,
	PATIENCE_MS = 20000, /* more than any command takes beside its touch, and no more than a list of keys can wait for */
};

ks_key *ks_new(int fd, int wake, uintptr_t heard)
{
	ks_key *k = calloc(1, sizeof(*k));

	if (k == NULL)
		return NULL;
	ks_count_key(1);
	k->io.fd = fd;
	k->io.wake = wake;
	k->io.heard = heard;
	k->io.grace = GRACE_MS;
	k->io.work = PATIENCE_MS;
	return k;
}

/* begin forgets what the call before left behind. */
static fido_dev_t *begin(ks_key *k)
{
	k->io.silence = SILENCE_MS;
	k->io.err = 0;
	k->io.hid_error = 0;
	k->io.canceled = false;
	k->io.deadline = 0;
	return k->dev;
}

/* begin_touch is begin for a call that waits for a touch. */
static fido_dev_t *begin_touch(ks_key *k)
{
	fido_dev_t *dev = begin(k);

	k->io.silence = TOUCH_SILENCE_MS;
	return dev;
}

int ks_open(ks_key *k, int ms)
{
	struct timespec t;
	int r;

	/* The flag is kept per thread, so it is set on the very thread that opens. */
	fido_init(FIDO_DISABLE_U2F_FALLBACK);
	if ((k->dev = fido_dev_new()) == NULL)
		return FIDO_ERR_INTERNAL;
	if ((r = fido_dev_set_io_functions(k->dev, &ks_io_functions)) != FIDO_OK) {
		fido_dev_free(&k->dev);
		return r;
	}
	clock_gettime(CLOCK_MONOTONIC, &t);
	begin(k);
	k->io.opening = true;
	k->io.deadline = (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000 + ms;
	k->io.patience = k->io.deadline + PATIENCE_MS;
	ks_hand_over(&k->io);
	r = fido_dev_open(k->dev, "keystation"); /* io_open has its descriptor already */
	ks_hand_over(NULL);
	k->io.opening = false;
	if (r != FIDO_OK)
		fido_dev_free(&k->dev);
	return r;
}

void ks_free(ks_key *k)
{
	if (k->dev != NULL)
		(void)fido_dev_close(k->dev);
	fido_dev_free(&k->dev);
	if (k->io.fd >= 0)
		ks_io_functions.close(&k->io);
	explicit_bzero(k, sizeof(*k));
	free(k);
	ks_count_key(-1);
}

/* keep_pin makes the C string that libfido2 wants of a PIN; drop_pin leaves nothing of it. */
static char *keep_pin(const void *pin, size_t n)
{
	char *s;

	if (pin == NULL || (s = malloc(n + 1)) == NULL)
		return NULL;
	memcpy(s, pin, n);
	s[n] = '\0';
	return s;
}

static void drop_pin(char *s, size_t n)
{
	if (s == NULL)
		return;
	explicit_bzero(s, n + 1);
	free(s);
}

/* WITH_PIN runs a call with a PIN in C memory. An allocation that fails must not turn into a call without a PIN. */
#define WITH_PIN(begin, call)                    \
	char *p = keep_pin(pin, n);              \
	int r = FIDO_ERR_INTERNAL;               \
	fido_dev_t *dev = (begin)(k);            \
	if (pin == NULL || p != NULL)            \
		r = (call);                      \
	drop_pin(p, n);                          \
	return r

int ks_info(ks_key *k)
{
	fido_dev_t *dev = begin(k);
	fido_cbor_info_t *info = fido_cbor_info_new();
	int r = info == NULL ? FIDO_ERR_INTERNAL : fido_dev_get_cbor_info(dev, info);

	fido_cbor_info_free(&info);
	return r;
}

int ks_reset(ks_key *k)
{
	return fido_dev_reset(begin_touch(k));
}

int ks_retries(ks_key *k, int *tries)
{
	return fido_dev_get_retry_count(begin(k), tries);
}

int ks_set_pin(ks_key *k, const void *pin, size_t n, const void *old, size_t old_n)
{
	char *p = keep_pin(pin, n), *o = keep_pin(old, old_n);
	fido_dev_t *dev = begin(k);
	int r = FIDO_ERR_INTERNAL;

	if (p != NULL && (old == NULL || o != NULL))
		r = fido_dev_set_pin(dev, p, o);
	drop_pin(p, n);
	drop_pin(o, old_n);
	return r;
}

int ks_enable_entattest(ks_key *k, const void *pin, size_t n)
{
	WITH_PIN(begin, fido_dev_enable_entattest(dev, p));
}

int ks_toggle_always_uv(ks_key *k, const void *pin, size_t n)
{
	WITH_PIN(begin, fido_dev_toggle_always_uv(dev, p));
}

int ks_set_min_pin(ks_key *k, size_t length, const void *pin, size_t n)
{
	WITH_PIN(begin, fido_dev_set_pin_minlen(dev, length, p));
}

int ks_force_pin_change(ks_key *k, const void *pin, size_t n)
{
	WITH_PIN(begin, fido_dev_force_pin_change(dev, p));
}

int ks_make_cred(ks_key *k, fido_cred_t *cred, const void *pin, size_t n)
{
	WITH_PIN(begin_touch, fido_dev_make_cred(dev, cred, p));
}

int ks_get_assert(ks_key *k, fido_assert_t *assert, const void *pin, size_t n, bool touch)
{
	WITH_PIN(touch ? begin_touch : begin, fido_dev_get_assert(dev, assert, p));
}

int ks_cred_set_entattest(fido_cred_t *cred, int kind)
{
	int (*set)(fido_cred_t *, int);

	/* POSIX dlsym(3): this is how a function is taken out of a void pointer without a warning */
	*(void **)&set = dlsym(RTLD_DEFAULT, "fido_cred_set_entattest");
	return set == NULL ? FIDO_ERR_UNSUPPORTED_OPTION : set(cred, kind);
}

bool ks_has(const char *symbol)
{
	return dlsym(RTLD_DEFAULT, symbol) != NULL;
}
