/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* JSON that is written piece by piece, read again by RFC 8259: it is one value,
 * its strings are those that were written, and nothing in it ends a page's text.
 * A line of the input is a piece; its first byte says which. */

#include "fuzz.h"

#include "core/base/json.h"

#define STACK (CORS_JSON_DEPTH - 2)

typedef struct {
    apr_array_header_t *bytes; /* char */
    apr_array_header_t *texts; /* const char *, in the order written */
    int read;                  /* how many of them have been read again */
} output_t;

static void collect(void *context, const char *text, apr_size_t len)
{
    output_t *out = context;

    for (; len > 0; len--) {
        APR_ARRAY_PUSH(out->bytes, char) = *text++;
    }
}

/* A character in UTF-8. */
static const char *encode(unsigned c)
{
    return c < 0x80      ? apr_psprintf(pool, "%c", (int)c)
           : c < 0x800   ? apr_psprintf(pool, "%c%c", (int)(0xc0 | c >> 6),
                                        (int)(0x80 | (c & 63)))
           : c < 0x10000 ? apr_psprintf(pool, "%c%c%c", (int)(0xe0 | c >> 12),
                                        (int)(0x80 | (c >> 6 & 63)),
                                        (int)(0x80 | (c & 63)))
                         : apr_psprintf(pool, "%c%c%c%c", (int)(0xf0 | c >> 18),
                                        (int)(0x80 | (c >> 12 & 63)),
                                        (int)(0x80 | (c >> 6 & 63)),
                                        (int)(0x80 | (c & 63)));
}

/* The character that starts at p, and its length; false: it is no UTF-8. */
static bool decode(const unsigned char *p, unsigned *c, int *len)
{
    static const unsigned least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    int i;

    *len = *p < 0x80         ? 1
           : (*p >> 5) == 6  ? 2
           : (*p >> 4) == 14 ? 3
           : (*p >> 3) == 30 ? 4
                             : 0;
    if (*len == 0) {
        return false;
    }
    *c = *len == 1 ? *p : *p & (0x7fu >> *len);
    for (i = 1; i < *len; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return false;
        }
        *c = *c << 6 | (p[i] & 63);
    }
    return *c >= least[*len] && *c < 0x110000 && (*c < 0xd800 || *c > 0xdfff);
}

/* A text as it must come back: each byte that is no UTF-8 is a U+FFFD. */
static const char *mended(const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    const char *to = "";
    unsigned c;
    int len;

    while (*p) {
        bool good = decode(p, &c, &len);

        to = apr_pstrcat(pool, to, encode(good ? c : 0xfffd), NULL);
        p += good ? len : 1;
    }
    return to;
}

/* The reader. Each part takes itself off the front. */

static void skip(const char **p)
{
    *p += strspn(*p, " \n");
}

static void read_string(const char **p, output_t *out)
{
    const char *text = "";
    unsigned c;
    int len;

    must(*(*p)++ == '"');
    while (**p != '"') {
        if (**p == '\\') {
            char digits[5];
            char *end;

            must((*p)[1] == 'u');
            apr_cpystrn(digits, *p + 2, sizeof(digits));
            c = (unsigned)strtoul(digits, &end, 16);
            must(end == digits + 4 && c > 0);
            *p += 6;
        }
        else {
            must(decode((const unsigned char *)*p, &c, &len));
            must(c >= ' ' && c != 0x7f && c != 0x2028 && c != 0x2029);
            must(c > 0x7f || !strchr("<>&'\"\\", (int)c));
            *p += len;
        }
        text = apr_pstrcat(pool, text, encode(c), NULL);
    }
    (*p)++;
    must(out->read < out->texts->nelts);
    must(strcmp(text, APR_ARRAY_IDX(out->texts, out->read++, const char *))
         == 0);
}

static void read_value(const char **p, output_t *out)
{
    static const char *const words[] = { "null", "true", "false" };
    char close = **p == '{' ? '}' : ']';
    size_t i;

    if (**p == '{' || **p == '[') {
        ++*p;
        skip(p);
        while (**p != close) {
            if (close == '}') {
                read_string(p, out);
                must(*(*p)++ == ':');
                skip(p);
            }
            read_value(p, out);
            skip(p);
            if (**p == ',') {
                ++*p;
                skip(p);
                must(**p != close);
            }
            else {
                must(**p == close);
            }
        }
        ++*p;
        return;
    }
    if (**p == '"') {
        read_string(p, out);
        return;
    }
    for (i = 0; i < 3; i++) {
        if (strncmp(*p, words[i], strlen(words[i])) == 0) {
            *p += strlen(words[i]);
            return;
        }
    }
    *p += **p == '-' ? 1 : 0;
    must(**p >= '0' && **p <= '9');
    must(**p != '0' || !((*p)[1] >= '0' && (*p)[1] <= '9'));
    *p += strspn(*p, "0123456789");
}

static const char *note(output_t *out, const char *text)
{
    APR_ARRAY_PUSH(out->texts, const char *) = mended(text);
    return text;
}

static void check(cors_slice_t input)
{
    const char *at = input.ptr;
    const char *end = at + input.len;
    output_t out = { apr_array_make(pool, 256, 1),
                     apr_array_make(pool, 8, sizeof(char *)), 0 };
    char stack[STACK + 1] = "[";
    int depth = 1;
    cors_json_t json;
    const char *read;

    cors_json_start(&json, collect, &out);
    cors_json_open(&json, NULL, '[');
    while (at < end) {
        cors_slice_t line = next_line(&at, end);
        const char *piece = text_of(line);
        const char *text = *piece ? piece + 1 : piece;
        bool member = stack[depth - 1] == '{';
        const char *name = NULL;

        if (*piece == ')') {
            if (depth > 1) {
                depth--;
                cors_json_close(&json, stack[depth] == '{' ? '}' : ']');
            }
            continue;
        }
        if (member) {
            name = note(&out, text);
        }
        if ((*piece == '{' || *piece == '[') && depth < STACK) {
            cors_json_open(&json, name, *piece);
            stack[depth++] = *piece;
        }
        else if (*piece == '0') {
            cors_json_number(&json, name, apr_atoi64(text));
        }
        else if (*piece == '?') {
            cors_json_bool(&json, name, *text == '1');
        }
        else {
            cors_json_string(&json, name,
                             *piece == '~' ? NULL : note(&out, text));
        }
    }
    while (depth-- > 0) {
        cors_json_close(&json, stack[depth] == '{' ? '}' : ']');
    }
    APR_ARRAY_PUSH(out.bytes, char) = '\0';
    must(strlen(out.bytes->elts) == (size_t)out.bytes->nelts - 1);
    read = out.bytes->elts;
    read_value(&read, &out);
    must(strcmp(read, "\n") == 0);
    must(out.read == out.texts->nelts);
}
