/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/**
 * @file row.h
 * @brief Write a row of a database as a line of a list
 */

#ifndef CORS_ROW_H
#define CORS_ROW_H

#include "core/base/list.h"

/** The longest line that cors_row_write() writes, in bytes. */
#define CORS_ROW_LINE_MAX 4096

/**
 * Write a row as one line of a file that lists origins, without a line end.
 *
 * A value that cannot be a field of a line is written in another form. The parser of the
 * file refuses each of these forms, so such a row is a line with an error. It never becomes
 * another entry, a comment, an empty line, two lines or the end of the frame:
 *
 * - NULL is \N, and an empty text is ""
 * - a space, a control character and NUL are \xHH
 * - "#" at the start and the word "end" have a backslash before them
 * - a value of more than 1,000 bytes is cut, with \... at its end, and with a "!" if it had
 *   one: the parser must recognize what may be an exclusion
 *
 * @param line        room for CORS_ROW_LINE_MAX bytes
 * @param origin      any bytes; absent: NULL
 * @param has_tenant  whether the row has a second column
 * @param tenant      any bytes; absent: NULL
 * @return the length of the line
 */
apr_size_t cors_row_write(char *line, cors_slice_t origin, bool has_tenant,
                          cors_slice_t tenant);

/**
 * Write the version of a database as the version of a frame.
 *
 * @param version  room for CORS_FRAME_VERSION_MAX + 1 bytes; set to the text, in which "_"
 *   is in place of each byte that is not visible ASCII, such as the space of a date
 * @param text     any bytes; absent: NULL, of which the version is "NULL"
 * @return whether the text has 1 to CORS_FRAME_VERSION_MAX bytes
 */
bool cors_row_version(char *version, cors_slice_t text);

#endif /* CORS_ROW_H */
