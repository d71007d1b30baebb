/* Reads one calendar from standard input with libical and writes what it understood as JSON. */
#include <libical/ical.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void write_text(const char *text)
{
    putchar('"');
    for (const unsigned char *at = (const unsigned char *)(text ? text : ""); *at; at++) {
        if (*at == '"' || *at == '\\') {
            printf("\\%c", *at);
        } else if (*at < 0x20 || *at == 0x7f) {
            printf("\\u%04x", *at);
        } else {
            putchar(*at);
        }
    }
    putchar('"');
}

static void write_pair(const char *key, const char *text)
{
    printf("\"%s\":", key);
    write_text(text);
    putchar(',');
}

static void write_time(const char *key, struct icaltimetype time)
{
    time_t seconds;

    if (icaltime_is_null_time(time)) {
        printf("\"%s\":null,", key);
        return;
    }
    seconds = icaltime_as_timet_with_zone(time, icaltime_get_timezone(time));
    printf("\"%s\":%lld,", key, (long long)seconds);
}

/* The text of the first property of that kind, as the library unescaped it. */
static const char *text_of(icalcomponent *component, icalproperty_kind kind)
{
    icalproperty *property = icalcomponent_get_first_property(component, kind);
    icalvalue *value = property ? icalproperty_get_value(property) : NULL;

    if (!value) {
        return "";
    }
    if (icalvalue_isa(value) == ICAL_TEXT_VALUE) {
        return icalvalue_get_text(value);
    }
    return icalproperty_get_value_as_string(property);
}

static void write_names(icalcomponent *component)
{
    const char *separator = "";

    printf("\"names\":[");
    for (icalproperty *property = icalcomponent_get_first_property(component, ICAL_ANY_PROPERTY); property;
         property = icalcomponent_get_next_property(component, ICAL_ANY_PROPERTY)) {
        fputs(separator, stdout);
        write_text(icalproperty_get_property_name(property));
        separator = ",";
    }
    printf("]");
}

static void write_attendees(icalcomponent *event)
{
    const char *separator = "";

    printf("\"attendees\":[");
    for (icalproperty *property = icalcomponent_get_first_property(event, ICAL_ATTENDEE_PROPERTY); property;
         property = icalcomponent_get_next_property(event, ICAL_ATTENDEE_PROPERTY)) {
        printf("%s[", separator);
        write_text(icalproperty_get_attendee(property));
        putchar(',');
        write_text(icalproperty_get_parameter_as_string(property, "PARTSTAT"));
        printf("]");
        separator = ",";
    }
    printf("],");
}

static void write_event(icalcomponent *event)
{
    icalproperty *begin = icalcomponent_get_first_property(event, ICAL_DTSTART_PROPERTY);
    icalproperty *revised = icalcomponent_get_first_property(event, ICAL_LASTMODIFIED_PROPERTY);

    putchar('{');
    write_pair("uid", text_of(event, ICAL_UID_PROPERTY));
    write_time("starts_at", icalcomponent_get_dtstart(event));
    write_time("ends_at", icalcomponent_get_dtend(event));
    write_time("stamped_at", icalcomponent_get_dtstamp(event));
    write_time("revised_at", revised ? icalproperty_get_lastmodified(revised) : icaltime_null_time());
    write_pair("tzid", begin ? icalproperty_get_parameter_as_string(begin, "TZID") : "");
    write_pair("summary", text_of(event, ICAL_SUMMARY_PROPERTY));
    write_pair("description", text_of(event, ICAL_DESCRIPTION_PROPERTY));
    write_pair("location", text_of(event, ICAL_LOCATION_PROPERTY));
    write_pair("status", text_of(event, ICAL_STATUS_PROPERTY));
    printf("\"sequence\":%d,", icalcomponent_get_sequence(event));
    write_pair("transparency", text_of(event, ICAL_TRANSP_PROPERTY));
    write_pair("url", text_of(event, ICAL_URL_PROPERTY));
    write_pair("conference", text_of(event, ICAL_CONFERENCE_PROPERTY));
    write_pair("organizer", text_of(event, ICAL_ORGANIZER_PROPERTY));
    write_attendees(event);
    write_names(event);
    putchar('}');
}

static void write_all(icalcomponent *calendar)
{
    const char *separator = "";

    printf("\"zones\":[");
    for (icalcomponent *zone = icalcomponent_get_first_component(calendar, ICAL_VTIMEZONE_COMPONENT); zone;
         zone = icalcomponent_get_next_component(calendar, ICAL_VTIMEZONE_COMPONENT)) {
        fputs(separator, stdout);
        write_text(text_of(zone, ICAL_TZID_PROPERTY));
        separator = ",";
    }
    printf("],\"events\":[");
    separator = "";
    for (icalcomponent *event = icalcomponent_get_first_component(calendar, ICAL_VEVENT_COMPONENT); event;
         event = icalcomponent_get_next_component(calendar, ICAL_VEVENT_COMPONENT)) {
        fputs(separator, stdout);
        write_event(event);
        separator = ",";
    }
    printf("],");
}

static char *read_all(void)
{
    size_t size = 1 << 16, length = 0;
    char *body = malloc(size);

    while (body) {
        length += fread(body + length, 1, size - length - 1, stdin);
        if (length < size - 1) {
            body[length] = '\0';
            return body;
        }
        size *= 2;
        body = realloc(body, size);
    }
    return NULL;
}

int main(void)
{
    char *body = read_all();
    icalcomponent *calendar = body ? icalparser_parse_string(body) : NULL;

    icalerror_set_errors_are_fatal(0);
    if (!calendar || icalcomponent_isa(calendar) != ICAL_VCALENDAR_COMPONENT) {
        fputs("not one calendar\n", stderr);
        return 1;
    }
    putchar('{');
    write_pair("method", text_of(calendar, ICAL_METHOD_PROPERTY));
    write_pair("name", text_of(calendar, ICAL_NAME_PROPERTY));
    /* Whether it has what RFC 5545 and RFC 5546 ask for; adds X-LIC-ERROR where it has not. */
    printf("\"is_valid\":%s,", icalrestriction_check(calendar) ? "true" : "false");
    printf("\"faults\":%d,", icalcomponent_count_errors(calendar));
    write_all(calendar);
    write_names(calendar);
    puts("}");
    return 0;
}
