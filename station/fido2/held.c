/*
 * What is held in C. Everything of libfido2's that outlives a call of ours is made and freed here, so that a test can
 * count it to the last one; the heap of the C library tells of the rest.
 */
#define _GNU_SOURCE
#include "shim.h"

#include <dlfcn.h>
#include <stdatomic.h>

static atomic_long keys, objects;

void ks_count_key(int n)
{
	atomic_fetch_add(&keys, n);
}

fido_cred_t *ks_cred_new(void)
{
	fido_cred_t *c = fido_cred_new();

	if (c != NULL)
		atomic_fetch_add(&objects, 1);
	return c;
}

void ks_cred_free(fido_cred_t **c)
{
	if (*c != NULL)
		atomic_fetch_sub(&objects, 1);
	fido_cred_free(c);
}

fido_assert_t *ks_assert_new(void)
{
	fido_assert_t *a = fido_assert_new();

	if (a != NULL)
		atomic_fetch_add(&objects, 1);
	return a;
}

void ks_assert_free(fido_assert_t **a)
{
	if (*a != NULL)
		atomic_fetch_sub(&objects, 1);
	fido_assert_free(a);
}

/* mallinfo2(3) of glibc from 2.33 on: ten sizes, of which the fifth and the eighth are in use. */
struct heap {
	size_t arena, ordblks, smblks, hblks, hblkhd, usmblks, fsmblks, uordblks, fordblks, keepcost;
};

static long in_use(void)
{
	struct heap (*mallinfo2)(void) = (struct heap (*)(void))dlsym(RTLD_DEFAULT, "mallinfo2");
	struct heap h;

	if (mallinfo2 == NULL)
		return -1;
	h = mallinfo2();
	return (long)(h.hblkhd + h.uordblks);
}

ks_memory ks_held(void)
{
	ks_memory m = {atomic_load(&keys), atomic_load(&objects), in_use()};

	return m;
}
