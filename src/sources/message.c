/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Formats the errors of the second module. They have the form of the first module's
 * errors, whose catalogue (problem.h) is about policies and is not linked here.
 */

#include "sources/message.h"

#include <apr_strings.h>

static const char *const texts[] = {
#define CORS_MESSAGE_TEXT(code, id, text) text,
    CORS_SOURCES(CORS_MESSAGE_TEXT)
#undef CORS_MESSAGE_TEXT
};

static const char *const ids[] = {
#define CORS_MESSAGE_ID(code, id, text) id,
    CORS_SOURCES(CORS_MESSAGE_ID)
#undef CORS_MESSAGE_ID
};

const char *cors_message(apr_pool_t *p, cors_message_e message,
                         const char *word, const char *detail,
                         const char *suggestion)
{
    const char *sentence =
        apr_pstrcat(p, "'", word, "': ", texts[message], NULL);

    if (detail) {
        sentence = apr_pstrcat(p, sentence, " (", detail, ")", NULL);
    }
    if (suggestion) {
        sentence = apr_pstrcat(p, sentence, "; write ", suggestion, NULL);
    }
    return apr_pstrcat(p, sentence, " [", ids[message], "]", NULL);
}
