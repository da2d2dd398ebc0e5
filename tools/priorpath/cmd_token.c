/* priorpath token: the development issuer. In production tokens come from the organization's own identity provider,
 * and jwks-file holds that one's key set. */
#include "priorpath.h"

#include "io/auth.h"
#include "io/clock.h"

#include <stdio.h>

static const struct pp_config_key keys[] = {
    {"init", PP_CFG_BOOL, 0, 0, "", "false", "Makes issuer.pem and jwks.json in secrets-dir, unless they are there."},
    {"secrets-dir", PP_CFG_STR, 1, 900, "", ".run/secrets", "Folder of the issuer's key."},
    {"tenant", PP_CFG_STR, 1, 64, "", "lakeside", "Tenant the token is for."},
    {"sub", PP_CFG_STR, 1, 128, "", "dev", "Who bears it."},
    {"roles", PP_CFG_STR, 1, 256, "", "pa",
     "Roles, separated by commas: registration, ordering, pa, clinician, scheduler, biller, lead, ops, audit, client."},
    {"sites", PP_CFG_STR, 1, 256, "", "*", "Sites, separated by commas; * = all."},
    {"token-issuer", PP_CFG_STR, 1, 256, "", "priorpath-dev", "Issuer (iss) that the services expect."},
    {"hours", PP_CFG_INT, 1, 24 * 90, "h", "12", "How long it holds."},
    {0},
};

static int print_token(const struct pp_config *c, struct pp_err *err) {
    char key[1024], token[PP_AUTH_TOKEN_BYTES_MAX];
    struct pp_auth_claims claims = {.issuer = pp_config_str(c, "token-issuer"),
                                    .tenant = pp_config_str(c, "tenant"),
                                    .subject = pp_config_str(c, "sub"),
                                    .roles = pp_config_str(c, "roles"),
                                    .sites = pp_config_str(c, "sites")};
    snprintf(key, sizeof key, "%s/%s", pp_config_str(c, "secrets-dir"), PP_AUTH_DEV_KEY);
    if (pp_auth_dev_token(key, &claims, pp_real_ms(), pp_config_int(c, "hours") * 3600, token, sizeof token, err) < 0)
        return -1;
    puts(token);
    return 0;
}

int cmd_token(int argc, char **argv) {
    struct pp_config *c;
    struct pp_err err = {0};
    cli_settings("priorpath token", keys, argc, argv, &c);
    int rc =
        pp_config_bool(c, "init") ? pp_auth_dev_keygen(pp_config_str(c, "secrets-dir"), &err) : print_token(c, &err);
    pp_config_free(c);
    return rc == 0 ? CLI_OK : cli_fail("token", &err);
}
