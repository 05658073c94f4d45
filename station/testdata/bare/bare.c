/*
 * bare - what one provisioning run asks of a key, with nothing around it.
 *
 * The benchmark runs this beside the station, which is allowed little more time than this. It sends the same commands
 * in the same order and opens the key as often, through libfido2 and its own reads and writes; it keeps no journal,
 * seals nothing, prints no label and knows no touch slots. Built by the benchmark:
 *
 *	cc -O2 -o bare bare.c $(pkg-config --cflags --libs libfido2)
 *	./bare [-m MINIMUM] /dev/pts/7
 *
 * Each line of output is a step and its milliseconds; the last is the total. The key is wiped.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <fido.h>
#include <fido/config.h>

static const char *path;
static const char pin[] = "28479163";
static const unsigned char hash[32] = "the hash of some client data....";
static const char rp[] = "localhost";
static fido_dev_t *dev;
static unsigned char tag[1024];
static size_t tag_len;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* must ends the program unless the key did what it was asked. */
static void must(const char *what, int r)
{
	if (r != FIDO_OK)
		errx(1, "%s: %s (0x%02x)", what, fido_strerr(r), (unsigned)r & 0xff);
}

/* lap prints how long it took since the last one. */
static void lap(const char *step)
{
	static double last;
	double t = now();

	if (last != 0)
		printf("%s %.3f\n", step, t - last);
	last = now();
}

/* open_key makes a fresh connection: INIT and getInfo. */
static void open_key(void)
{
	if (dev != NULL) {
		fido_dev_close(dev);
		fido_dev_free(&dev);
	}
	if ((dev = fido_dev_new()) == NULL)
		errx(1, "no memory");
	must("open", fido_dev_open(dev, path));
	if (!fido_dev_is_fido2(dev))
		errx(1, "%s speaks no FIDO2", path);
}

static void make_tag(void)
{
	fido_cred_t *cred = fido_cred_new();

	if (cred == NULL)
		errx(1, "no memory");
	must("type", fido_cred_set_type(cred, COSE_ES256));
	must("hash", fido_cred_set_clientdata_hash(cred, hash, sizeof(hash)));
	must("rp", fido_cred_set_rp(cred, rp, "keystation"));
	must("user", fido_cred_set_user(cred, hash, 16, "KS-0000", NULL, NULL));
	if (fido_dev_supports_cred_prot(dev))
		must("credProtect", fido_cred_set_prot(cred, FIDO_CRED_PROT_UV_OPTIONAL));
	must("make credential", fido_dev_make_cred(dev, cred, NULL));
	must("verify", fido_cred_x5c_ptr(cred) != NULL ? fido_cred_verify(cred) : fido_cred_verify_self(cred));
	tag_len = fido_cred_id_len(cred);
	if (tag_len > sizeof(tag))
		errx(1, "the credential id has %zu bytes", tag_len);
	memcpy(tag, fido_cred_id_ptr(cred), tag_len);
	fido_cred_free(&cred);
}

/* ask_tag asks for the tag in silence. */
static int ask_tag(const char *with)
{
	fido_assert_t *assert = fido_assert_new();
	int r;

	if (assert == NULL)
		errx(1, "no memory");
	must("hash", fido_assert_set_clientdata_hash(assert, hash, sizeof(hash)));
	must("rp", fido_assert_set_rp(assert, rp));
	must("up", fido_assert_set_up(assert, FIDO_OPT_FALSE));
	must("allow", fido_assert_allow_cred(assert, tag, tag_len));
	r = fido_dev_get_assert(dev, assert, with);
	fido_assert_free(&assert);
	return r;
}

static void usage(void)
{
	fprintf(stderr, "usage: bare [-m MINIMUM] PATH\n");
	exit(2);
}

int main(int argc, char **argv)
{
	int option;
	size_t minimum = 0;
	double start;

	while ((option = getopt(argc, argv, "m:")) != -1) {
		if (option != 'm')
			usage();
		minimum = strtoul(optarg, NULL, 10);
	}
	if (optind != argc - 1)
		usage();
	path = argv[optind];
	fido_init(FIDO_DISABLE_U2F_FALLBACK);
	start = now();
	lap("");

	open_key();
	lap("identify");
	must("reset", fido_dev_reset(dev));
	open_key();
	lap("reset");
	make_tag();
	must("tag in silence", ask_tag(NULL));
	lap("tag");
	must("set PIN", fido_dev_set_pin(dev, pin, NULL));
	lap("set-pin");
	if (minimum > 0) {
		must("set minimum", fido_dev_set_pin_minlen(dev, minimum, pin));
		lap("configure");
	}
	open_key();
	must("tag in silence", ask_tag(NULL)); /* no PIN is shown to another key */
	must("tag with PIN", ask_tag(pin));
	lap("prove");
	must("force PIN change", fido_dev_force_pin_change(dev, pin));
	open_key();
	must("tag", ask_tag(NULL));
	lap("force");

	printf("total %.3f\n", now() - start);
	fido_dev_close(dev);
	fido_dev_free(&dev);
	return 0;
}
