#include "codec/fhir_read.h"
#include "base/buf.h"

#include <stdio.h>

json_t *pp_fhir_parse(struct pp_str bytes, struct pp_err *err) {
    if (bytes.n > PP_FHIR_BYTES_MAX) {
        pp_err_set(err, PP_ERR_LIMIT, "document of %u bytes, at most %u are read", bytes.n, PP_FHIR_BYTES_MAX);
        return NULL;
    }
    /* Some servers begin with a byte order mark; RFC 8259 section 8.1 lets a reader pass over it. */
    if (pp_str_starts(bytes, PP_STR("\xef\xbb\xbf"))) {
        bytes.s += 3;
        bytes.n -= 3;
    }
    json_error_t e;
    json_t *j = json_loadb(bytes.n ? bytes.s : "", bytes.n, 0, &e);
    if (!j) {
        /* jansson's text may quote the input, so only the place is told. */
        pp_err_set(err, PP_ERR_INVALID, "not JSON: line %d, column %d", e.line, e.column);
        return NULL;
    }
    if (!json_is_object(j)) {
        json_decref(j);
        pp_err_set(err, PP_ERR_INVALID, "not a FHIR resource: the document is no object");
        return NULL;
    }
    return j;
}

struct pp_str pp_fhir_text(const json_t *v) {
    return json_is_string(v) ? (struct pp_str){json_string_value(v), (uint32_t)json_string_length(v)} : PP_STR_NONE;
}

struct pp_str pp_fhir_str(const json_t *o, const char *key) {
    return pp_fhir_text(json_object_get(o, key));
}

bool pp_fhir_is(const json_t *resource, const char *type) {
    return pp_str_eqz(pp_fhir_str(resource, "resourceType"), type);
}

const json_t *pp_fhir_at(const json_t *o, const char *key, size_t i) {
    return json_array_get(json_object_get(o, key), i);
}

size_t pp_fhir_count(const json_t *o, const char *key) { return json_array_size(json_object_get(o, key)); }

int64_t pp_fhir_int(const json_t *o, const char *key) {
    const json_t *v = json_object_get(o, key);
    int64_t n = 0;
    if (json_is_integer(v)) return json_integer_value(v);
    return pp_str_int(pp_fhir_text(v), &n) ? n : 0;
}

struct pp_str pp_fhir_dec(const json_t *o, const char *key, struct pp_arena *a) {
    const json_t *v = json_object_get(o, key);
    char t[64];
    if (json_is_integer(v)) {
        snprintf(t, sizeof t, "%lld", (long long)json_integer_value(v));
    } else if (json_is_real(v)) {
        double d = json_real_value(v);
        if (d >= 1e12 || d <= -1e12) return PP_STR_NONE;
        snprintf(t, sizeof t, "%.6f", d);
    } else {
        return PP_STR_NONE;
    }
    int64_t millionths;
    if (!pp_dec_parse(pp_str_z(t), &millionths)) return PP_STR_NONE;
    char short_[24];
    pp_dec_text(millionths, short_);
    return pp_arena_strz(a, short_);
}

pp_date pp_fhir_date(const json_t *o, const char *key) {
    struct pp_str s = pp_fhir_str(o, key);
    pp_date d = 0;
    if (s.n > 10) s.n = 10;
    return pp_date_parse(s, &d) ? d : 0;
}

int64_t pp_fhir_time(const json_t *o, const char *key, struct pp_str zone) {
    struct pp_str s = pp_fhir_str(o, key);
    int64_t ms = 0;
    pp_date d;
    if (pp_time_parse(s, &ms)) return ms;
    if (pp_date_parse(s, &d)) return pp_zone_instant(zone, d, 23 * 60 + 59);
    return 0;
}

struct pp_str pp_fhir_code(const json_t *concept, const char *system) {
    const json_t *coding = json_object_get(concept, "coding");
    for (size_t i = 0; i < json_array_size(coding); i++) {
        const json_t *c = json_array_get(coding, i);
        struct pp_str code = pp_fhir_str(c, "code");
        if (code.n && (!system || pp_str_eqz(pp_fhir_str(c, "system"), system))) return code;
    }
    return PP_STR_NONE;
}

struct pp_str pp_fhir_system(const json_t *concept) {
    const json_t *coding = json_object_get(concept, "coding");
    for (size_t i = 0; i < json_array_size(coding); i++) {
        const json_t *c = json_array_get(coding, i);
        if (pp_fhir_str(c, "code").n) return pp_fhir_str(c, "system");
    }
    return PP_STR_NONE;
}

const json_t *pp_fhir_ext(const json_t *o, const char *url, const json_t *prev) {
    const json_t *list = json_object_get(o, "extension");
    bool after = !prev;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *e = json_array_get(list, i);
        if (after && pp_str_eqz(pp_fhir_str(e, "url"), url)) return e;
        if (e == prev) after = true;
    }
    return NULL;
}

static bool named(const json_t *entry, struct pp_str ref) {
    struct pp_str full = pp_fhir_str(entry, "fullUrl");
    if (pp_str_eq(full, ref)) return true;
    const json_t *r = json_object_get(entry, "resource");
    struct pp_str type = pp_fhir_str(r, "resourceType"), id = pp_fhir_str(r, "id");
    struct pp_str tail = id;
    if (!type.n || !id.n || ref.n < type.n + 1 + id.n) return false;
    if (!pp_str_ends(ref, tail) || ref.s[ref.n - id.n - 1] != '/') return false;
    struct pp_str head = {ref.s, ref.n - id.n - 1};
    return pp_str_ends(head, type) && (head.n == type.n || head.s[head.n - type.n - 1] == '/');
}

const json_t *pp_fhir_resolve(const json_t *bundle, const json_t *from, const json_t *reference) {
    struct pp_str ref = pp_fhir_str(reference, "reference");
    if (!ref.n) return NULL;
    if (ref.s[0] == '#') {
        for (size_t i = 0; i < pp_fhir_count(from, "contained"); i++) {
            const json_t *c = pp_fhir_at(from, "contained", i);
            if (pp_str_eq(pp_fhir_str(c, "id"), (struct pp_str){ref.s + 1, ref.n - 1})) return c;
        }
        return NULL;
    }
    for (size_t i = 0; i < pp_fhir_count(bundle, "entry"); i++) {
        const json_t *e = pp_fhir_at(bundle, "entry", i);
        if (named(e, ref)) return json_object_get(e, "resource");
    }
    return NULL;
}

const json_t *pp_fhir_entry(const json_t *bundle, const char *type, size_t *index) {
    while (*index < pp_fhir_count(bundle, "entry")) {
        const json_t *r = json_object_get(pp_fhir_at(bundle, "entry", (*index)++), "resource");
        if (pp_fhir_is(r, type)) return r;
    }
    return NULL;
}

struct pp_str pp_fhir_outcome(const json_t *resource, struct pp_arena *a) {
    if (!pp_fhir_is(resource, "OperationOutcome")) return PP_STR_NONE;
    struct pp_buf b;
    pp_buf_init(&b, 300);
    for (size_t i = 0; i < pp_fhir_count(resource, "issue"); i++) {
        const json_t *issue = pp_fhir_at(resource, "issue", i);
        struct pp_str code = pp_fhir_code(json_object_get(issue, "details"), NULL);
        struct pp_str at = pp_fhir_text(pp_fhir_at(issue, "expression", 0));
        if (!at.n) at = pp_fhir_text(pp_fhir_at(issue, "location", 0));
        pp_buf_printf(&b, "%s%.*s%s%.*s", i ? "; " : "", PP_FMT(pp_fhir_str(issue, "code")), code.n ? " " : "",
                      PP_FMT(code));
        if (at.n) pp_buf_printf(&b, " at %.*s", PP_FMT(at));
    }
    struct pp_str out = pp_arena_str(a, pp_buf_str(&b));
    pp_buf_free(&b);
    return out;
}
