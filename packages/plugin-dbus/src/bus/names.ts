import { z } from '@devicerc/core';

/** D-Bus specification, "Valid Names". */
const element = '[A-Za-z_][A-Za-z0-9_]*';
const busElement = '[A-Za-z_-][A-Za-z0-9_-]*';
const longestName = 255;

export const busName = z
  .string()
  .max(longestName)
  .regex(
    new RegExp(`^(?::[A-Za-z0-9_-]+(?:\\.[A-Za-z0-9_-]+)+|${busElement}(?:\\.${busElement})+)$`),
    'Write a bus name, such as org.freedesktop.timedate1.',
  );

export const objectPath = z
  .string()
  .regex(/^\/(?:[A-Za-z0-9_]+(?:\/[A-Za-z0-9_]+)*)?$/, 'Write an object path, such as /org/freedesktop/timedate1.');

export const interfaceName = z
  .string()
  .max(longestName)
  .regex(new RegExp(`^${element}(?:\\.${element})+$`), 'Write an interface, such as org.freedesktop.timedate1.');

export const memberName = z
  .string()
  .max(longestName)
  .regex(new RegExp(`^${element}$`), 'Write the name of a method, signal or property, such as NTPSynchronized.');
