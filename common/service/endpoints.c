#include "service/endpoints.h"

#include "io/log.h"
#include "refs/payers.h"

#include <stdio.h>

#define SECRET_BYTES_MAX 512
#define CONNECT_TIMEOUT_MS 3000 /* where the directory says nothing */
#define TIMEOUT_MS 30000

/* First line of the secret's file. False: not there. The name comes from a pack, so it must not leave the folder. */
static bool secret(const struct pp_config *config, struct pp_str name, char ret[SECRET_BYTES_MAX]) {
    char path[1300];
    if (name.n == 0 || name.s[0] == '.' || memchr(name.s, '/', name.n)) return false;
    snprintf(path, sizeof path, "%s/%.*s", pp_config_str(config, "secrets-dir"), PP_FMT(name));
    FILE *f = fopen(path, "re");
    if (!f) return false;
    bool ok = fgets(ret, SECRET_BYTES_MAX, f) != NULL;
    fclose(f);
    if (ok) ret[strcspn(ret, "\r\n")] = '\0';
    return ok;
}

/* "Authorization: Bearer {secret}" with the secret in its place. */
static bool auth_header(const struct pp_config *config, const struct pp_payer *p, char ret[PP_ENDPOINT_HEADER_MAX]) {
    static const struct pp_str mark = {"{secret}", 8};
    char value[SECRET_BYTES_MAX] = "";
    const char *at = p->auth_header.n ? memmem(p->auth_header.s, p->auth_header.n, mark.s, mark.n) : NULL;
    ret[0] = '\0';
    if (!p->auth_header.n) return true;
    if (!at) {
        snprintf(ret, PP_ENDPOINT_HEADER_MAX, "%.*s", PP_FMT(p->auth_header));
        return true;
    }
    if (!secret(config, p->auth_secret, value)) {
        pp_log(PP_LOG_ERROR, "a secret is missing", "payer", PP_V(p->id), "secret", PP_V(p->auth_secret), NULL);
        return false;
    }
    int head = (int)(at - p->auth_header.s), tail = (int)p->auth_header.n - head - (int)mark.n;
    snprintf(ret, PP_ENDPOINT_HEADER_MAX, "%.*s%s%.*s", head, p->auth_header.s, value, tail, at + mark.n);
    return true;
}

/* Where the payer is reached: an address, or the exchange folder of one of channel x12-file. Empty: nowhere. */
static struct pp_str url_of(const struct pp_config *config, const struct pp_payer *p, struct pp_arena *a) {
    if (p->transport != PP_X12_FILE) return pp_payer_url(p, pp_str_z(pp_config_str(config, "payersim-url")), a);
    struct pp_str folder = pp_payer_folder(p, pp_str_z(pp_config_str(config, "exchange-dir")), a);
    if (!folder.n) {
        pp_log(PP_LOG_ERROR, "exchange-dir is not configured", "payer", PP_V(p->id), NULL);
        return PP_STR_NONE;
    }
    return pp_arena_printf(a, "file://%.*s", PP_FMT(folder));
}

static bool endpoint(void *user, const struct pp_refs *refs, struct pp_str tenant, struct pp_str target,
                     struct pp_endpoint *ret) {
    const struct pp_config *config = user;
    struct pp_str asked = pp_payer_of_eligibility(target);
    const struct pp_payer *p = refs ? pp_refs_payer(refs, asked.n ? asked : target) : NULL;
    (void)tenant;
    if (!p) return false;
    struct pp_arena a;
    pp_arena_init(&a, 4096);
    struct pp_str url = asked.n ? pp_payer_eligibility_url(p, pp_str_z(pp_config_str(config, "payersim-url")), &a)
                                : url_of(config, p, &a);
    bool ok = url.n > 0 && url.n < sizeof ret->base_url && auth_header(config, p, ret->auth_header);
    if (ok) snprintf(ret->base_url, sizeof ret->base_url, "%.*s", PP_FMT(url));
    snprintf(ret->door_url, sizeof ret->door_url, "%s", pp_config_str(config, "door-url"));
    if (!secret(config, p->callback_secret, ret->callback_secret)) ret->callback_secret[0] = '\0';
    ret->requests_s_max = p->requests_s_max;
    ret->concurrent_max = p->concurrent_max;
    ret->connect_timeout_ms = p->connect_timeout_ms ? p->connect_timeout_ms : CONNECT_TIMEOUT_MS;
    ret->timeout_ms = p->timeout_ms ? p->timeout_ms : TIMEOUT_MS;
    pp_arena_free(&a);
    return ok;
}

int pp_endpoints_of_packs(const struct pp_config *config, struct pp_endpoints *ret, struct pp_err *err) {
    (void)err;
    *ret = (struct pp_endpoints){endpoint, (void *)(uintptr_t)config};
    return 0;
}
