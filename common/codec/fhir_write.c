#include "codec/fhir_write.h"

void pp_fw_init(struct pp_fw *w, struct pp_buf *b) {
    *w = (struct pp_fw){.b = b};
    w->first[0] = true;
}

bool pp_fw_ok(const struct pp_fw *w) { return !w->broken && w->depth == 0 && !w->b->failed; }

static void text(struct pp_buf *b, struct pp_str v) {
    static const char hex[] = "0123456789abcdef";
    pp_buf_addc(b, '"');
    for (uint32_t i = 0; i < v.n; i++) {
        unsigned char c = (unsigned char)v.s[i];
        if (c == '"' || c == '\\') {
            pp_buf_addc(b, '\\');
            pp_buf_addc(b, (char)c);
        } else if (c == '\n') {
            pp_buf_addz(b, "\\n");
        } else if (c == '\t') {
            pp_buf_addz(b, "\\t");
        } else if (c < 0x20 || c == 0x7f) {
            char u[] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
            pp_buf_add(b, u, sizeof u);
        } else {
            pp_buf_addc(b, (char)c);
        }
    }
    pp_buf_addc(b, '"');
}

/* Comma and key of the next value. */
static void next(struct pp_fw *w, const char *key) {
    if (!w->first[w->depth]) pp_buf_addc(w->b, ',');
    w->first[w->depth] = false;
    if (key) {
        text(w->b, pp_str_z(key));
        pp_buf_addc(w->b, ':');
    }
}

static void push(struct pp_fw *w, const char *key, char o, char c) {
    next(w, key);
    if (w->depth + 1 >= PP_FW_DEPTH_MAX) {
        w->broken = true;
        return;
    }
    pp_buf_addc(w->b, o);
    w->depth++;
    w->first[w->depth] = true;
    w->close[w->depth] = c;
}

void pp_fw_object(struct pp_fw *w, const char *key) { push(w, key, '{', '}'); }
void pp_fw_array(struct pp_fw *w, const char *key) { push(w, key, '[', ']'); }

void pp_fw_end(struct pp_fw *w) {
    if (w->depth == 0) {
        w->broken = true;
        return;
    }
    pp_buf_addc(w->b, w->close[w->depth--]);
}

void pp_fw_str(struct pp_fw *w, const char *key, struct pp_str v) {
    if (pp_str_empty(v)) return;
    next(w, key);
    text(w->b, v);
}

void pp_fw_z(struct pp_fw *w, const char *key, const char *v) { pp_fw_str(w, key, pp_str_z(v)); }

void pp_fw_int(struct pp_fw *w, const char *key, int64_t v) {
    next(w, key);
    pp_buf_printf(w->b, "%lld", (long long)v);
}

void pp_fw_bool(struct pp_fw *w, const char *key, bool v) {
    next(w, key);
    pp_buf_addz(w->b, v ? "true" : "false");
}

void pp_fw_dec(struct pp_fw *w, const char *key, struct pp_str v) {
    int64_t millionths;
    if (!pp_dec_parse(v, &millionths)) return;
    /* JSON forbids ".5", "+1", "5." and "01": those are written in their shortest form, everything else as it came. */
    uint32_t i = v.s[0] == '-';
    bool plain = i < v.n && v.s[i] >= '0' && v.s[i] <= '9' && v.s[v.n - 1] != '.' &&
                 !(v.s[i] == '0' && i + 1 < v.n && v.s[i + 1] != '.');
    next(w, key);
    if (plain) {
        pp_buf_adds(w->b, v);
    } else {
        char t[24];
        pp_dec_text(millionths, t);
        pp_buf_addz(w->b, t);
    }
}

void pp_fw_date(struct pp_fw *w, const char *key, pp_date d) {
    char t[11];
    pp_date_text(d, t);
    pp_fw_z(w, key, t);
}

void pp_fw_time(struct pp_fw *w, const char *key, int64_t ms) {
    char t[25];
    pp_time_text(ms, t);
    pp_fw_z(w, key, t);
}

void pp_fw_base64(struct pp_fw *w, const char *key, struct pp_str v) {
    static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *p = (const unsigned char *)v.s;
    next(w, key);
    pp_buf_addc(w->b, '"');
    char out[1024];
    size_t n = 0;
    for (uint32_t i = 0; i < v.n; i += 3) {
        uint32_t left = v.n - i;
        uint32_t x = (uint32_t)p[i] << 16 | (left > 1 ? (uint32_t)p[i + 1] << 8 : 0) | (left > 2 ? p[i + 2] : 0);
        out[n++] = set[x >> 18];
        out[n++] = set[x >> 12 & 63];
        out[n++] = left > 1 ? set[x >> 6 & 63] : '=';
        out[n++] = left > 2 ? set[x & 63] : '=';
        if (n == sizeof out) {
            pp_buf_add(w->b, out, n);
            n = 0;
        }
    }
    pp_buf_add(w->b, out, n);
    pp_buf_addc(w->b, '"');
}

void pp_fw_urn(struct pp_fw *w, const char *key, struct pp_uuid id) {
    char t[9 + PP_UUID_TEXT + 1] = "urn:uuid:";
    pp_uuid_text(id, t + 9);
    pp_fw_z(w, key, t);
}

void pp_fw_ref(struct pp_fw *w, const char *key, struct pp_uuid id) {
    pp_fw_object(w, key);
    pp_fw_urn(w, "reference", id);
    pp_fw_end(w);
}

void pp_fw_concept(struct pp_fw *w, const char *key, const char *system, struct pp_str code) {
    if (pp_str_empty(code)) return;
    pp_fw_object(w, key);
    pp_fw_array(w, "coding");
    pp_fw_object(w, NULL);
    pp_fw_z(w, "system", system);
    pp_fw_str(w, "code", code);
    pp_fw_end(w);
    pp_fw_end(w);
    pp_fw_end(w);
}

void pp_fw_identifier(struct pp_fw *w, const char *key, const char *type, struct pp_str system, struct pp_str value) {
    if (pp_str_empty(value)) return;
    pp_fw_object(w, key);
    if (type) pp_fw_concept(w, "type", "http://terminology.hl7.org/CodeSystem/v2-0203", pp_str_z(type));
    pp_fw_str(w, "system", system);
    pp_fw_str(w, "value", value);
    pp_fw_end(w);
}

static void ext(struct pp_fw *w, const char *url) {
    pp_fw_object(w, NULL);
    pp_fw_z(w, "url", url);
}

void pp_fw_ext_concept(struct pp_fw *w, const char *url, const char *system, struct pp_str code) {
    if (pp_str_empty(code)) return;
    ext(w, url);
    pp_fw_concept(w, "valueCodeableConcept", system, code);
    pp_fw_end(w);
}

void pp_fw_ext_str(struct pp_fw *w, const char *url, struct pp_str v) {
    if (pp_str_empty(v)) return;
    ext(w, url);
    pp_fw_str(w, "valueString", v);
    pp_fw_end(w);
}

void pp_fw_ext_code(struct pp_fw *w, const char *url, const char *v) {
    ext(w, url);
    pp_fw_z(w, "valueCode", v);
    pp_fw_end(w);
}

void pp_fw_ext_bool(struct pp_fw *w, const char *url, bool v) {
    ext(w, url);
    pp_fw_bool(w, "valueBoolean", v);
    pp_fw_end(w);
}

void pp_fw_ext_ref(struct pp_fw *w, const char *url, struct pp_uuid id) {
    ext(w, url);
    pp_fw_ref(w, "valueReference", id);
    pp_fw_end(w);
}
