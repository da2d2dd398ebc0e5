/* Blob store: whole or absent, per tenant, damage is found; both forms of calls. */
#include "io/blob.h"
#include "base/hash.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static char dir[64], root[80], key[80];
static struct pp_blob_store *store;

static int setup(void **s) {
    (void)s;
    struct pp_err err = {0};
    snprintf(dir, sizeof dir, "/tmp/pp-blob-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(root, sizeof root, "%s/blobs", dir);
    snprintf(key, sizeof key, "%s/key", dir);
    assert_int_equal(pp_blob_keygen(key, &err), 0);
    assert_int_equal(pp_blob_keygen(key, &err), 0); /* there already: stays */
    assert_int_equal(pp_blob_open(root, key, &store, &err), 0);
    return 0;
}

static int teardown(void **s) {
    (void)s;
    pp_blob_close(store);
    char cmd[100];
    snprintf(cmd, sizeof cmd, "rm -rf '%s'", dir);
    return system(cmd);
}

static void path_of(const char *tenant, const char *hash, char *ret, size_t n) {
    snprintf(ret, n, "%s/%s/%.2s/%s", root, tenant, hash, hash);
}

static void test_round_trip(void **s) {
    (void)s;
    struct pp_err err = {0};
    struct stat st;
    char hash[65], again[65], path[300];
    assert_int_equal(stat(key, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(pp_blob_put_sync(store, PP_STR("lakeside"), PP_STR("secret text"), hash, &err), 0);
    assert_int_equal(pp_blob_put_sync(store, PP_STR("lakeside"), PP_STR("secret text"), again, &err), 0);
    assert_string_equal(hash, again);
    struct pp_buf b;
    pp_buf_init(&b, 100);
    assert_int_equal(pp_blob_get_sync(store, PP_STR("lakeside"), pp_str_z(hash), &b, &err), 0);
    assert_true(pp_str_eqz(pp_buf_str(&b), "secret text"));
    path_of("lakeside", hash, path, sizeof path);
    FILE *f = fopen(path, "re");
    char raw[256];
    size_t n = fread(raw, 1, sizeof raw, f);
    fclose(f);
    assert_int_equal(n, 11 + 32);
    assert_null(memmem(raw, n, "secret", 6));
    /* The empty blob is one too. */
    assert_int_equal(pp_blob_put_sync(store, PP_STR("lakeside"), PP_STR_NONE, hash, &err), 0);
    pp_buf_reset(&b);
    assert_int_equal(pp_blob_get_sync(store, PP_STR("lakeside"), pp_str_z(hash), &b, &err), 0);
    assert_int_equal(b.n, 0);
    pp_buf_free(&b);
}

static void test_other_tenant(void **s) {
    (void)s;
    struct pp_err err = {0};
    char hash[65], from[300], to[300], folder[300];
    struct pp_buf b;
    pp_buf_init(&b, 100);
    assert_int_equal(pp_blob_put_sync(store, PP_STR("one"), PP_STR("of one"), hash, &err), 0);
    assert_int_equal(pp_blob_get_sync(store, PP_STR("two"), pp_str_z(hash), &b, &err), -1);
    assert_int_equal(err.kind, PP_ERR_NOTFOUND);
    /* Copying the file does not help: the key is another. */
    path_of("one", hash, from, sizeof from);
    path_of("two", hash, to, sizeof to);
    snprintf(folder, sizeof folder, "mkdir -p '%s/two/%.2s' && cp '%s' '%s'", root, hash, from, to);
    assert_int_equal(system(folder), 0);
    assert_int_equal(pp_blob_get_sync(store, PP_STR("two"), pp_str_z(hash), &b, &err), -1);
    assert_int_equal(err.kind, PP_ERR_IO);
    assert_false(err.retriable);
    pp_buf_free(&b);
}

static void test_damage(void **s) {
    (void)s;
    struct pp_err err = {0};
    char hash[65], path[300];
    struct pp_buf b;
    pp_buf_init(&b, 100);
    assert_int_equal(pp_blob_put_sync(store, PP_STR("t"), PP_STR("0123456789"), hash, &err), 0);
    path_of("t", hash, path, sizeof path);
    for (long at = 0; at < 10 + 32; at++) {
        FILE *f = fopen(path, "r+e");
        assert_non_null(f);
        fseek(f, at, SEEK_SET);
        int c = fgetc(f);
        fseek(f, at, SEEK_SET);
        fputc(c ^ 1, f);
        fclose(f);
        assert_int_equal(pp_blob_get_sync(store, PP_STR("t"), pp_str_z(hash), &b, &err), -1);
        f = fopen(path, "r+e");
        fseek(f, at, SEEK_SET);
        fputc(c, f);
        fclose(f);
    }
    assert_int_equal(pp_blob_get_sync(store, PP_STR("t"), pp_str_z(hash), &b, &err), 0);
    assert_int_equal(truncate(path, 20), 0);
    assert_int_equal(pp_blob_get_sync(store, PP_STR("t"), pp_str_z(hash), &b, &err), -1);
    assert_int_equal(pp_blob_remove_sync(store, PP_STR("t"), pp_str_z(hash), &err), 0);
    assert_int_equal(pp_blob_remove_sync(store, PP_STR("t"), pp_str_z(hash), &err), 0);
    assert_int_equal(pp_blob_get_sync(store, PP_STR("t"), pp_str_z(hash), &b, &err), -1);
    assert_int_equal(err.kind, PP_ERR_NOTFOUND);
    pp_buf_free(&b);
}

static void test_bad_arguments(void **s) {
    (void)s;
    struct pp_err err = {0};
    char hash[65];
    struct pp_buf b;
    pp_buf_init(&b, 4);
    assert_int_equal(pp_blob_put_sync(store, PP_STR("../x"), PP_STR("a"), hash, &err), -1);
    assert_int_equal(pp_blob_put_sync(store, PP_STR_NONE, PP_STR("a"), hash, &err), -1);
    assert_int_equal(pp_blob_get_sync(store, PP_STR("t"), PP_STR("../../etc/passwd"), &b, &err), -1);
    assert_int_equal(err.kind, PP_ERR_INVALID);
    assert_int_equal(pp_blob_put_sync(store, PP_STR("t"), PP_STR("longer"), hash, &err), 0);
    assert_int_equal(pp_blob_get_sync(store, PP_STR("t"), pp_str_z(hash), &b, &err), -1);
    assert_int_equal(err.kind, PP_ERR_LIMIT);
    pp_buf_free(&b);
    struct pp_blob_store *other = NULL;
    assert_int_equal(pp_blob_open(root, "/nonexistent/key", &other, &err), -1);
    assert_int_equal(pp_blob_open("/nonexistent/a/b", key, &other, &err), -1);
    assert_null(other);
}

static char got_hash[65], got_bytes[64];
static int calls, errors;

static void on_put(void *user, const char hash[65], const struct pp_err *err) {
    (void)user;
    calls++;
    errors += err != NULL;
    if (!err) memcpy(got_hash, hash, sizeof got_hash);
}

static void on_get(void *user, struct pp_str bytes, const struct pp_err *err) {
    (void)user;
    calls++;
    errors += err != NULL;
    if (!err) snprintf(got_bytes, sizeof got_bytes, "%.*s", PP_FMT(bytes));
}

static void test_async(void **s) {
    (void)s;
    uv_loop_t loop;
    assert_int_equal(uv_loop_init(&loop), 0);
    calls = errors = 0;
    char text[] = "async bytes";
    pp_blob_put(store, &loop, PP_STR("t"), pp_str_z(text), on_put, NULL);
    memset(text, 'x', sizeof text - 1); /* was copied */
    pp_blob_put(store, &loop, PP_STR("BAD"), PP_STR("a"), on_put, NULL);
    assert_int_equal(calls, 0);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(calls, 2);
    assert_int_equal(errors, 1);
    pp_blob_get(store, &loop, PP_STR("t"), pp_str_z(got_hash), on_get, NULL);
    pp_blob_get(store, &loop, PP_STR("t"), PP_STR("nonsense"), on_get, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(calls, 4);
    assert_int_equal(errors, 2);
    assert_string_equal(got_bytes, "async bytes");
    assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),    cmocka_unit_test(test_other_tenant), cmocka_unit_test(test_damage),
        cmocka_unit_test(test_bad_arguments), cmocka_unit_test(test_async),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
