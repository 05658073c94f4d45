/*
 * Looks at an answer before libfido2 decodes it. libcbor makes room for as many elements as an array or a map says
 * that it has, before it looks whether they are there: five bytes of an answer cost gigabytes, and half a minute.
 */
#include "shim.h"

#define CMD_MAKE_CREDENTIAL 0x01
#define CMD_GET_ASSERTION 0x02
#define CMD_GET_NEXT_ASSERTION 0x08

enum { DEPTH = 16 }; /* CTAP 2.1 §8 allows four; the Go side reads sixteen */

/* The major types of RFC 8949 §3.1. */
enum { UNSIGNED, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE };

struct bytes {
	const uint8_t *at;
	size_t left;
};

struct head {
	int major;
	bool open; /* indefinite length, or the break that ends one (RFC 8949 §3.2) */
	uint64_t value;
};

static bool take_head(struct bytes *b, struct head *h)
{
	size_t n;
	int info;

	if (b->left == 0)
		return false;
	h->major = *b->at >> 5;
	info = *b->at & 31;
	b->at++, b->left--;
	h->open = info == 31;
	h->value = info < 24 ? (uint64_t)info : 0;
	if (info < 24 || info == 31)
		return true;
	if (info > 27 || (n = (size_t)1 << (info - 24)) > b->left)
		return false;
	for (; n > 0; n--, b->left--)
		h->value = h->value << 8 | *b->at++;
	return true;
}

static bool at_break(struct bytes *b)
{
	if (b->left == 0 || *b->at != 0xff)
		return false;
	b->at++, b->left--;
	return true;
}

static bool item(struct bytes *b, int depth);

/* items are the elements of an array, a map or a string in pieces: that many, or until the break. */
static bool items(struct bytes *b, const struct head *h, int depth)
{
	uint64_t n = h->value;

	if (h->open) {
		while (!at_break(b))
			if (!item(b, depth))
				return false;
		return true;
	}
	if (n > b->left) /* each takes a byte at least */
		return false;
	if (h->major == MAP)
		n *= 2;
	for (; n > 0; n--)
		if (!item(b, depth))
			return false;
	return true;
}

/* item passes over one data item, if it is there whole. */
static bool item(struct bytes *b, int depth)
{
	struct head h;

	if (depth == 0 || !take_head(b, &h))
		return false;
	switch (h.major) {
	case BYTES:
	case TEXT:
		if (h.open)
			return items(b, &h, depth - 1);
		if (h.value > b->left)
			return false;
		b->at += h.value;
		b->left -= h.value;
		return true;
	case ARRAY:
	case MAP:
		return items(b, &h, depth - 1);
	case TAG:
		return !h.open && item(b, depth - 1);
	default:
		return !h.open;
	}
}

/* sequence is items to the end. */
static bool sequence(struct bytes b)
{
	while (b.left > 0)
		if (!item(&b, DEPTH))
			return false;
	return true;
}

/* auth_data has CBOR of its own inside: a public key, extensions (WebAuthn §6.1). What is too short libfido2 refuses. */
static bool auth_data(struct bytes b)
{
	const size_t fixed = 32 + 1 + 4, attested = 16 + 2;
	size_t skip = fixed;

	if (b.left < fixed)
		return true;
	if (b.at[32] & 0x40) { /* attested credential data */
		if (b.left < fixed + attested)
			return true;
		skip += attested + ((size_t)b.at[fixed + 16] << 8 | b.at[fixed + 17]);
	}
	if (b.left < skip)
		return true;
	return sequence((struct bytes){b.at + skip, b.left - skip});
}

/* with_auth_data looks into the member 2 of the answers that hold authenticator data. */
static bool with_auth_data(struct bytes b)
{
	struct head map, key, value;

	if (!take_head(&b, &map) || map.major != MAP)
		return true;
	while (b.left > 0 && !at_break(&b)) {
		struct bytes k = b, v;

		if (!item(&b, DEPTH))
			return false;
		v = b;
		if (!item(&b, DEPTH))
			return false;
		if (!take_head(&k, &key) || key.major != UNSIGNED || key.value != 2)
			continue;
		if (take_head(&v, &value) && value.major == BYTES && !value.open && !auth_data((struct bytes){v.at, value.value}))
			return false;
	}
	return true;
}

bool ks_sane(uint8_t command, const unsigned char *answer, size_t n)
{
	struct bytes b = {answer + 1, n - 1}; /* after the status byte */

	if (n <= 1)
		return true;
	if (!sequence(b))
		return false;
	if (command == CMD_MAKE_CREDENTIAL || command == CMD_GET_ASSERTION || command == CMD_GET_NEXT_ASSERTION)
		return with_auth_data(b);
	return true;
}
