// Reads calendars with ical.js, each as one JSON string on its line of standard input; writes what it understood.
import { createInterface } from "node:readline";
import ICAL from "ical.js";

const UTC = ICAL.Timezone.utcTimezone;

function instant(time) {
  return time.convertToZone(UTC).toJSDate().toISOString();
}

function text(component, name) {
  const value = component.getFirstPropertyValue(name);
  return value === null ? "" : String(value);
}

function readEvent(vevent) {
  const event = new ICAL.Event(vevent);
  return {
    uid: event.uid,
    starts_at: instant(event.startDate),
    ends_at: instant(event.endDate),
    stamped_at: instant(vevent.getFirstPropertyValue("dtstamp")),
    revised_at: vevent.hasProperty("last-modified") ? instant(vevent.getFirstPropertyValue("last-modified")) : null,
    tzid: vevent.getFirstProperty("dtstart").getParameter("tzid") ?? "",
    summary: event.summary ?? "",
    description: event.description ?? "",
    location: event.location ?? "",
    status: text(vevent, "status"),
    sequence: event.sequence,
    transparency: text(vevent, "transp"),
    url: text(vevent, "url"),
    conference: text(vevent, "conference"),
    organizer: text(vevent, "organizer"),
    attendees: event.attendees.map((attendee) => [String(attendee.getFirstValue()), attendee.getParameter("partstat")]),
    names: vevent.getAllProperties().map((property) => property.name.toUpperCase()),
  };
}

function read(body) {
  const calendar = new ICAL.Component(ICAL.parse(body));
  ICAL.TimezoneService.reset();
  for (const zone of calendar.getAllSubcomponents("vtimezone")) {
    ICAL.TimezoneService.register(zone);
  }
  return {
    method: text(calendar, "method"),
    name: text(calendar, "name"),
    zones: calendar.getAllSubcomponents("vtimezone").map((zone) => text(zone, "tzid")),
    names: calendar.getAllProperties().map((property) => property.name.toUpperCase()),
    events: calendar.getAllSubcomponents("vevent").map(readEvent),
  };
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  process.stdout.write(JSON.stringify(read(JSON.parse(line))) + "\n");
}
