/* priorpath packs: stores reference packs in the blob store and announces them on pa.reference.v1. */
#include "priorpath.h"

#include "base/hash.h"
#include "core/codec.h"
#include "io/blob.h"
#include "io/clock.h"
#include "io/kafka_sync.h"
#include "io/reference.h"
#include "io/refs_dir.h"

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#define TIMEOUT_MS 20000
#define NAME_MAX_BYTES 64

static const struct pp_config_key keys[] = {
    {"dir", PP_CFG_STR, 1, 1023, "", "packs", "publish: folder of packs (*.tsv)."},
    {"effective-at", PP_CFG_STR, 0, 40, "", "",
     "publish: from when changed packs hold, RFC 3339; empty: now (virtual time)."},
    {"kafka-brokers", PP_CFG_STR, 0, 1024, "", "127.0.0.1:7192", "Kafka bootstrap servers."},
    {"blob-dir", PP_CFG_STR, 1, 1023, "", ".run/blobs", "Folder of the blob store."},
    {"blob-key-file", PP_CFG_STR, 1, 1023, "", ".run/secrets/blob.key", "File with the blob store's master key."},
    {"clock-file", PP_CFG_STR, 0, 1023, "", ".run/clock", "File of the clock."},
    {0},
};

/* What the topic says of one (name, hash), newest record. */
struct announced {
    char name[NAME_MAX_BYTES + 1], hash[PP_SHA256_HEX + 1];
    int64_t effective_ms;
    bool withdrawn;
};
struct board {
    struct announced a[1024];
    int n;
};

static struct announced *board_entry(struct board *b, struct pp_str name, struct pp_str hash) {
    for (int i = 0; i < b->n; i++)
        if (pp_str_eqz(name, b->a[i].name) && pp_str_eqz(hash, b->a[i].hash)) return &b->a[i];
    if (b->n == (int)(sizeof b->a / sizeof *b->a) || name.n > NAME_MAX_BYTES || hash.n != PP_SHA256_HEX) return NULL;
    struct announced *a = &b->a[b->n++];
    snprintf(a->name, sizeof a->name, "%.*s", PP_FMT(name));
    snprintf(a->hash, sizeof a->hash, "%.*s", PP_FMT(hash));
    return a;
}

static bool on_record(void *user, const struct pp_record *r, const struct pp_header *h, int nh) {
    (void)h;
    (void)nh;
    struct pp_str hash = r->key, name = pp_str_split(&hash, '/');
    struct announced *a = board_entry(user, name, hash);
    if (!a) return true;
    json_t *j = json_loadb(r->value.n ? r->value.s : "", r->value.n, 0, NULL);
    a->withdrawn =
        !j || !pp_time_parse(pp_str_z(json_string_value(json_object_get(j, "effective_at"))), &a->effective_ms);
    json_decref(j);
    return true;
}

/* The record of a name that holds at `at_ms`; NULL: none yet. *ret_known: the name has been announced before. */
static const struct announced *in_force(const struct board *b, struct pp_str name, int64_t at_ms, bool *ret_known) {
    const struct announced *best = NULL;
    for (int i = 0; i < b->n; i++) {
        const struct announced *a = &b->a[i];
        if (!pp_str_eqz(name, a->name) || a->withdrawn) continue;
        *ret_known = true;
        if (a->effective_ms <= at_ms && (!best || a->effective_ms > best->effective_ms)) best = a;
    }
    return best;
}

/* ---- publish ---- */

struct publisher {
    const struct pp_config *c;
    struct pp_refs *refs;
    struct pp_blob_store *blobs;
    struct board *board;
    int64_t at_ms;
    int published, unchanged;
};

static int announce(struct publisher *p, const struct pp_pack *pack, const char *effective, struct pp_err *err) {
    char key[NAME_MAX_BYTES + PP_SHA256_HEX + 2], value[512];
    snprintf(key, sizeof key, "%.*s/%.*s", PP_FMT(pack->name), PP_FMT(pack->hash));
    snprintf(value, sizeof value, "{\"pack\":\"%.*s\",\"hash\":\"%.*s\",\"effective_at\":\"%s\"}", PP_FMT(pack->name),
             PP_FMT(pack->hash), effective);
    const struct pp_header headers[] = {
        {PP_STR("ce_specversion"), PP_STR("1.0")},         {PP_STR("ce_id"), pp_str_z(key)},
        {PP_STR("ce_source"), PP_STR("/priorpath/packs")}, {PP_STR("ce_type"), PP_STR("reference.announced")},
        {PP_STR("ce_time"), pp_str_z(effective)},          {PP_STR("content-type"), PP_STR("application/json")}};
    struct pp_send s = {.topic = PP_REFERENCE_TOPIC,
                        .partition = 0,
                        .key = pp_str_z(key),
                        .value = pp_str_z(value),
                        .headers = headers,
                        .nheaders = sizeof headers / sizeof *headers};
    return pp_kafka_send_sync(pp_config_str(p->c, "kafka-brokers"), &s, 1, TIMEOUT_MS, err);
}

static int publish_pack(struct publisher *p, const struct pp_pack *pack, struct pp_str bytes, struct pp_err *err) {
    bool known = false;
    char hash[PP_SHA256_HEX + 1], effective[25];
    const struct announced *now = in_force(p->board, pack->name, p->at_ms, &known);
    if (now && pp_str_eqz(pack->hash, now->hash)) {
        p->unchanged++;
        return 0;
    }
    if (known)
        pp_time_text(p->at_ms, effective);
    else
        snprintf(effective, sizeof effective, "%s", PP_REFERENCE_FIRST_AT);
    /* Bytes first: a record must never name what is not there. */
    if (pp_blob_put_sync(p->blobs, PP_STR(PP_REFERENCE_TENANT), bytes, hash, err) < 0) return -1;
    if (announce(p, pack, effective, err) < 0) return -1;
    printf("%.*s %.*s, in force from %s\n", PP_FMT(pack->name), PP_FMT(pack->version), effective);
    p->published++;
    return 0;
}

static int read_file(const char *path, struct pp_buf *ret, struct pp_err *err) {
    char part[16384];
    size_t n;
    FILE *f = fopen(path, "re");
    if (!f) return pp_err_set(err, PP_ERR_IO, "%s: %s", path, strerror(errno));
    while ((n = fread(part, 1, sizeof part, f)) > 0) pp_buf_add(ret, part, n);
    fclose(f);
    return ret->failed ? pp_err_set(err, PP_ERR_LIMIT, "%s: too large", path) : 0;
}

/* A file of the folder: its pack is found by the hash of the bytes. */
static int publish_file(struct publisher *p, const char *path, struct pp_err *err) {
    char hash[PP_SHA256_HEX + 1];
    const struct pp_pack *packs;
    struct pp_buf bytes;
    pp_buf_init(&bytes, PP_PACK_BYTES_MAX);
    int rc = read_file(path, &bytes, err);
    pp_sha256_hex(pp_buf_str(&bytes), hash);
    size_t n = pp_refs_packs(p->refs, &packs), i = 0;
    while (rc == 0 && i < n && !pp_str_eqz(packs[i].hash, hash)) i++;
    if (rc == 0 && i == n) rc = pp_err_set(err, PP_ERR_CONFLICT, "%s changed while it was read", path);
    if (rc == 0) rc = publish_pack(p, &packs[i], pp_buf_str(&bytes), err);
    pp_buf_free(&bytes);
    return rc;
}

static int publish_dir(struct publisher *p, struct pp_err *err) {
    const char *dir = pp_config_str(p->c, "dir");
    struct dirent **names = NULL;
    int n = scandir(dir, &names, NULL, alphasort), rc = 0;
    if (n < 0) return pp_err_set(err, PP_ERR_IO, "%s: %s", dir, strerror(errno));
    for (int i = 0; i < n; i++) {
        char path[1400];
        snprintf(path, sizeof path, "%s/%s", dir, names[i]->d_name);
        if (rc == 0 && names[i]->d_name[0] != '.' && pp_str_ends(pp_str_z(path), PP_STR(".tsv")))
            rc = publish_file(p, path, err);
        free(names[i]);
    }
    free(names);
    return rc;
}

static int publish(const struct pp_config *c, struct board *board, struct pp_err *err) {
    struct publisher p = {.c = c, .board = board};
    const char *at = pp_config_str(c, "effective-at");
    if (pp_clock_init(pp_config_str(c, "clock-file"), err) < 0) return -1;
    p.at_ms = pp_clock_now_ms();
    if (*at && !pp_time_parse(pp_str_z(at), &p.at_ms))
        return pp_err_set(err, PP_ERR_INVALID, "effective-at: want a time like 2026-11-24T07:00:00-06:00");
    /* The set as a whole must hold together before any of it is announced. */
    if (pp_refs_load_dir(pp_config_str(c, "dir"), &p.refs, err) < 0) return -1;
    int rc = pp_blob_open(pp_config_str(c, "blob-dir"), pp_config_str(c, "blob-key-file"), &p.blobs, err);
    if (rc == 0) rc = publish_dir(&p, err);
    if (rc == 0) printf("%d packs published, %d unchanged\n", p.published, p.unchanged);
    if (p.blobs) pp_blob_close(p.blobs);
    pp_refs_free(p.refs);
    return rc;
}

static int list(const struct pp_config *c, const struct board *b, struct pp_err *err) {
    if (pp_clock_init(pp_config_str(c, "clock-file"), err) < 0) return -1;
    int64_t now = pp_clock_now_ms();
    for (int i = 0; i < b->n; i++) {
        char from[25];
        bool known = false;
        pp_time_text(b->a[i].effective_ms, from);
        const char *state = b->a[i].withdrawn                                              ? "withdrawn"
                            : in_force(b, pp_str_z(b->a[i].name), now, &known) == &b->a[i] ? "in force"
                            : b->a[i].effective_ms > now                                   ? "to come"
                                                                                           : "replaced";
        printf("%-12s %-9s from %s  %s\n", b->a[i].name, state, from, b->a[i].hash);
    }
    return 0;
}

int cmd_packs(int argc, char **argv) {
    struct pp_config *c;
    struct pp_err err = {0};
    const char *verb = cli_verb(&argc, &argv);
    cli_settings("priorpath packs", keys, argc, argv, &c);
    struct board *board = calloc(1, sizeof *board);
    int rc = board ? pp_kafka_scan_sync(pp_config_str(c, "kafka-brokers"), PP_REFERENCE_TOPIC, TIMEOUT_MS, on_record,
                                        board, &err)
                   : pp_err_set(&err, PP_ERR_NOMEM, "no memory");
    if (rc == 0 && verb && strcmp(verb, "publish") == 0)
        rc = publish(c, board, &err);
    else if (rc == 0 && verb && strcmp(verb, "list") == 0)
        rc = list(c, board, &err);
    else if (rc == 0)
        rc = pp_err_set(&err, PP_ERR_INVALID, "want publish or list");
    free(board);
    pp_config_free(c);
    return rc == 0 ? CLI_OK : cli_fail("packs", &err);
}
