/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * The plots of the view "what happened": allowed and denied requests in the last hour
 * and in the last day.
 *
 * It is its own file because it alone draws. A plot is SVG that needs neither a script
 * nor a style of its own, so the page's Content-Security-Policy permits it. Each series
 * has a scale of its own, because a few denied requests would not be visible beside
 * thousands that are allowed. A table has the same numbers.
 */

#include "httpd/status/page_html_history.h"

#include <stddef.h>

#include <apr_strings.h>

#include "core/base/html.h"
#include "core/diagnose/history.h"
#include "core/diagnose/stats.h"

#define MINUTE apr_time_from_sec(60)
/* The size of a plot in its own units. A browser scales it to the page. */
#define BAR_WIDTH 10
#define PLOT_HEIGHT 100

/* What a plot shows of each minute. */
typedef struct {
    const char *name;
    const char *class;
    apr_size_t offset; /* of the count in cors_minute_t */
} series_t;

static const series_t all_series[] = {
    { "Allowed", "good", offsetof(cors_minute_t, allowed) },
    { "Denied", "bad", offsetof(cors_minute_t, denied) },
    { "Denied by ReportOnly", "soft", offsetof(cors_minute_t, reported) }
};
#define SERIES (sizeof(all_series) / sizeof(all_series[0]))

/* A period that is plotted. */
typedef struct {
    const char *title;
    const char *unit; /* what a bar is for */
    int minutes;
    int bar; /* minutes of a bar */
    int row; /* minutes of a row of the table */
} period_t;

static const period_t periods[] = { { "Last hour", "a minute", 60, 1, 5 },
                                    { "Last day", "15 minutes",
                                      CORS_HISTORY_MINUTES, 15, 60 } };
#define PERIODS (sizeof(periods) / sizeof(periods[0]))

/* The minutes, and what is shown of them. */
typedef struct {
    const cors_page_t *page;
    const cors_minute_t *minutes; /* CORS_HISTORY_MINUTES of them */
    apr_time_t last;              /* when the last one began */
    apr_size_t series;            /* how many of all_series are shown */
} plots_t;

/* Returns the number of requests in some minutes, from an index. */
static apr_uint64_t sum_of(const plots_t *plots, const series_t *series,
                           int from, int count)
{
    apr_uint64_t sum = 0;
    int i;

    for (i = from; i < from + count; i++) {
        sum += *(const apr_uint32_t *)((const char *)&plots->minutes[i]
                                       + series->offset);
    }
    return sum;
}

/* Returns the index of the first minute of a period. */
static int first_of(const period_t *period)
{
    return CORS_HISTORY_MINUTES - period->minutes;
}

/* Returns when a minute began, as "23:59". */
static const char *clock_of(const plots_t *plots, int minute)
{
    apr_time_exp_t utc;

    apr_time_exp_gmt(&utc, plots->last
                               - (CORS_HISTORY_MINUTES - 1 - minute) * MINUTE);
    return apr_psprintf(plots->page->p, "%02d:%02d", utc.tm_hour, utc.tm_min);
}

static void draw_bar(const plots_t *plots, const series_t *series,
                     const period_t *period, int bar, apr_uint64_t most)
{
    int minute = first_of(period) + bar * period->bar;
    apr_uint64_t count = sum_of(plots, series, minute, period->bar);
    int height;

    if (count == 0 || most == 0) {
        return;
    }
    /* a single request is visible */
    height = 1 + (int)(count * (PLOT_HEIGHT - 1) / most);
    cors_html(plots->page->html,
              "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"><title>"
              "%s UTC: %" APR_UINT64_T_FMT "</title></rect>\n",
              bar * BAR_WIDTH, PLOT_HEIGHT - height, BAR_WIDTH - 1, height,
              clock_of(plots, minute), count);
}

static void draw_series(const plots_t *plots, const series_t *series,
                        const period_t *period)
{
    const cors_html_t *html = plots->page->html;
    const int bars = period->minutes / period->bar;
    const char *text;
    apr_uint64_t most = 0;
    int i;

    for (i = 0; i < bars; i++) {
        apr_uint64_t count =
            sum_of(plots, series, first_of(period) + i * period->bar,
                   period->bar);

        most = count > most ? count : most;
    }
    text =
        apr_psprintf(plots->page->p,
                     "%" APR_UINT64_T_FMT ", at most %" APR_UINT64_T_FMT
                     " in %s",
                     sum_of(plots, series, first_of(period), period->minutes),
                     most, period->unit);
    cors_html(html,
              "<figure>\n<figcaption><b class=\"%s\">%s</b> %s"
              "</figcaption>\n<svg class=\"%s\" viewBox=\"0 0 %d %d\" "
              "preserveAspectRatio=\"none\" role=\"img\" "
              "aria-label=\"%s in the %s: %s\">\n",
              series->class, series->name, text, series->class,
              bars * BAR_WIDTH, PLOT_HEIGHT, series->name,
              period == periods ? "last hour" : "last day", text);
    for (i = 0; i < bars; i++) {
        draw_bar(plots, series, period, i, most);
    }
    cors_html(html, "</svg>\n</figure>\n");
}

static void write_table(const plots_t *plots, const period_t *period)
{
    const cors_html_t *html = plots->page->html;
    apr_size_t i;
    int minute;

    cors_html(html, "<details><summary>As a table</summary>\n<table>\n"
                    "<tr><th scope=\"col\">From (UTC)</th>");
    for (i = 0; i < plots->series; i++) {
        cors_html(html, "<th scope=\"col\" class=\"n\">%s</th>",
                  all_series[i].name);
    }
    cors_html(html, "</tr>\n");
    for (minute = first_of(period); minute < CORS_HISTORY_MINUTES;
         minute += period->row) {
        cors_html(html, "<tr><td>%s</td>", clock_of(plots, minute));
        for (i = 0; i < plots->series; i++) {
            cors_html(html, "<td class=\"n\">%" APR_UINT64_T_FMT "</td>",
                      sum_of(plots, &all_series[i], minute, period->row));
        }
        cors_html(html, "</tr>\n");
    }
    cors_html(html, "</table>\n</details>\n");
}

static void draw_period(const plots_t *plots, const period_t *period)
{
    const cors_html_t *html = plots->page->html;
    apr_size_t i;

    cors_html(html, "<section>\n<h2>%s</h2>\n", period->title);
    for (i = 0; i < plots->series; i++) {
        draw_series(plots, &all_series[i], period);
    }
    cors_html(html,
              "<p class=\"axis soft\"><span>%s</span><span>%s UTC"
              "</span></p>\n",
              clock_of(plots, first_of(period)),
              clock_of(plots, CORS_HISTORY_MINUTES - 1));
    write_table(plots, period);
    cors_html(html, "</section>\n");
}

void cors_page_html_history(const cors_page_t *page)
{
    cors_minute_t *minutes =
        apr_palloc(page->p, CORS_HISTORY_MINUTES * sizeof(*minutes));
    plots_t plots = { page, minutes, 0, SERIES };
    apr_size_t i;

    plots.last =
        cors_counters_history(page->counters, page->r->request_time, minutes);
    if (plots.last == 0) {
        return;
    }
    if (sum_of(&plots, &all_series[SERIES - 1], 0, CORS_HISTORY_MINUTES) == 0) {
        /* few servers report only */
        plots.series--;
    }
    cors_html(page->html, "<div class=\"plots\">\n");
    for (i = 0; i < PERIODS; i++) {
        draw_period(&plots, &periods[i]);
    }
    cors_html(page->html, "</div>\n");
}
