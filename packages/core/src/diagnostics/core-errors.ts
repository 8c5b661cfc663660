import { errorsOf } from './device-error.js';

/**
 * Every error code of the core, grouped by room. A code is never renamed and never used again for something else.
 * docs/errors.md is generated from this table.
 */
export const coreErrorTable = {
  // diagnostics
  INTERNAL_FAULT: {
    summary: 'Something failed that should not be able to.',
    remedy: 'Run again with --log-level debug and report it with what it prints.',
  },
  // clock
  DURATION_MALFORMED: {
    summary: 'A text that should be a duration is not one.',
    remedy: 'Write an amount and a unit, such as 500ms, 10s, 10m, 1h30m or 2d.',
  },
  // expressions
  EXPRESSION_SYNTAX: {
    summary: 'The text is not an expression of CEL.',
    remedy: 'See https://github.com/google/cel-spec/blob/master/doc/langdef.md for the syntax.',
  },
  EXPRESSION_TOO_COMPLEX: {
    summary: 'An expression is larger or deeper nested than a device should evaluate.',
    remedy: 'Split it into several rules, or compute the value in a plugin.',
  },
  EXPRESSION_NAME_UNKNOWN: {
    summary: 'An expression reads a name that does not exist at its place.',
    remedy: 'Check the spelling; name a stream under `streams:` to read it.',
  },
  EXPRESSION_FIELD_UNKNOWN: {
    summary: 'An expression reads a field that its value does not have.',
    remedy: 'Check the spelling against the fields of the stream.',
  },
  EXPRESSION_FUNCTION_UNKNOWN: {
    summary: 'An expression calls a function that does not exist.',
    remedy: 'Check the spelling against the functions in the reference.',
  },
  EXPRESSION_OPTIONAL_FIELD: {
    summary: 'An expression reads a field that may be missing without asking for it.',
    remedy: 'Ask first, as in `has(event.label) && …`, or read it with `.?` and `orValue()`.',
  },
  EXPRESSION_TYPE: {
    summary: 'The types in an expression do not go together.',
    remedy: 'Convert one side, or compare what is of the same type.',
  },
  EXPRESSION_NEVER_EQUAL: {
    summary: 'An expression compares a text with a value that it can never have.',
    remedy: 'Use one of the values that the field can have.',
  },
  EXPRESSION_PATTERN: {
    summary: 'A regular expression does not compile.',
    remedy:
      'Use the RE2 syntax, https://github.com/google/re2/wiki/Syntax; it has no backreferences and no look-around.',
  },
  EXPRESSION_FAILED: {
    summary: 'An expression has no value, such as for want of a key.',
    remedy: 'Ask with `has()` or `in` before reading what may be missing.',
  },
  EXPRESSION_TOO_MUCH_WORK: {
    summary:
      'One evaluation of an expression needs more work than a device can spare, which is 1,000,000 steps, about 10 ms of a PC.',
    remedy: 'Give it less data: narrow the stream, ask for the size first, or avoid a list function inside of another.',
  },
  TEMPLATE_UNTERMINATED: {
    summary: 'A `${{` in a text has no `}}`.',
    remedy: 'Close it with `}}`, or write `$${{` for the characters themselves.',
  },
  // rules
  STREAM_LOST: {
    summary: 'An expression reads a state stream that is lost.',
    remedy: 'See why the stream is lost with `devicerc status`; the rule goes on as soon as there is a reading.',
  },
  CONDITION_NOT_BOOLEAN: {
    summary: 'A condition gave something else than true or false.',
    remedy: 'Compare the value, such as `event.id == 7`.',
  },
  RUN_ABORTED: {
    summary: 'A run was ended from outside: by mode restart, an until event, another branch, a reload or a stop.',
    remedy: 'Nothing to mend: steps under finally run all the same; what a stop has no time for, at the next start.',
  },
  RUN_INTERRUPTED: {
    summary: 'The engine ended while a step was at work; whether it happened is unknown.',
    remedy: 'The step is not done again. Look after it under catch or finally, or go on with on-error: continue.',
  },
  RUN_TIMEOUT: {
    summary: 'A run took longer than the rule allows.',
    remedy: 'Raise the timeout of the rule, or find the step that hangs in the trace of the run.',
  },
  RUN_STOPPED: {
    summary: 'A stop step with failed: true ended the run.',
    remedy: 'See the reason; the rule asked for it.',
  },
  STEP_TIMEOUT: {
    summary: 'A step took longer than its timeout.',
    remedy: 'Raise the timeout of the step, or find out what hangs.',
  },
  WAIT_TIMEOUT: {
    summary: 'What a wait step waited for did not come true in time.',
    remedy: 'Raise the timeout of the step, or add on-error: continue.',
  },
  WAIT_DURATION_INVALID: {
    summary: 'The expression of a wait step gave no duration.',
    remedy: 'Give a duration, such as 10s or "${{ duration(\'10s\') }}".',
  },
  REPEAT_TIMES_INVALID: {
    summary: 'The expression of repeat.times gave no whole number from 0.',
    remedy: 'Give a whole number, such as 3.',
  },
  OUTPUTS_TOO_LARGE: {
    summary: 'The outputs that runs keep for their later steps take as much memory as they may: 8 MiB.',
    remedy: 'Leave out `as` where no step reads the output, make it smaller, or lower max of the rule.',
  },
  EVENT_TOO_LARGE: {
    summary: 'The data of an emitted event takes more than 1 MiB of memory.',
    remedy: 'Emit only what the rules that listen read.',
  },
  REPEAT_EXCEEDED: {
    summary: 'A repeat step wanted more rounds than max.',
    remedy: 'Raise max of the step (default 100), or mend the condition that should end it.',
  },
  HOLD_LOST: {
    summary: 'A held action ended although its condition still holds.',
    remedy: 'It is tried again with growing pauses; see the cause.',
  },
  RULE_FAULT: {
    summary: 'A rule could not be started or failed inside the engine; the other rules go on.',
    remedy: 'See the cause; reload the file to try again.',
  },
  // streams
  STREAM_UNKNOWN: {
    summary: 'No plugin in use brings a stream of this name.',
    remedy: 'Check the spelling, and that the plugin that brings it stands under plugins.',
  },
  STREAM_KIND_WRONG: {
    summary: 'An event stream was used as a state, or a state stream as an event.',
    remedy: 'Use event streams under on and until, state streams in expressions.',
  },
  STREAM_PARAMETERS_INVALID: {
    summary: 'A plugin asked for a stream with parameters that the stream does not take.',
    remedy: 'This is a fault of the plugin: it has to give the parameters as a file would; the reference lists them.',
  },
  // actions
  ACTION_UNKNOWN: {
    summary: 'No plugin in use brings an action of this name.',
    remedy: 'Check the spelling, and that the plugin that brings it stands under plugins.',
  },
  ACTION_INPUT_INVALID: {
    summary: 'The input of an action is not what its schema asks for.',
    remedy: 'Correct the named field under with; the reference page of the action lists its fields.',
  },
  ACTION_TIMEOUT: {
    summary: 'An action did not end in time.',
    remedy: 'Raise the timeout of the step, or find out what hangs.',
  },
  ACTION_FAILED: {
    summary: 'An action reported a failure.',
    remedy: 'See the message; retry and on-error of the step decide what follows.',
  },
  ACTION_ABORTED: {
    summary: 'An action was ended because its run was.',
    remedy: 'Nothing to mend: the run was aborted, timed out or the engine stops.',
  },
  // outbox
  OUTBOX_MESSAGE_TOO_LARGE: {
    summary: 'A message is larger than the 256 KiB that the outbox keeps of one.',
    remedy: 'Send less, such as the end of a log, or where to find the rest.',
  },
  OUTBOX_SECRET_MISSING: {
    summary: 'A message that waits was written with a secret that the file no longer names.',
    remedy: 'Name the secret in the file again; without it the message is given up after 7 days.',
  },
  // network
  HTTP_REQUEST_INVALID: {
    summary: 'An HTTP request cannot be sent as it is.',
    remedy:
      'Check the URL, and the headers: each is one line of Latin-1 text, without the line feed at the end of a file.',
  },
  HTTP_UNREACHABLE: {
    summary: 'A server could not be reached, or ended the connection without an answer.',
    remedy: 'Check the name, the port and the network of the device.',
  },
  HTTP_TIMEOUT: {
    summary: 'A server could not be reached, or gave no whole answer, in the time that a request has.',
    remedy: 'Check the network of the device and the load of the server.',
  },
  HTTP_ABORTED: {
    summary: 'An HTTP request was ended from this side, such as by the stop of its plugin.',
    remedy: 'Nothing to mend.',
  },
  HTTP_ANSWER_BROKEN: {
    summary: 'The answer to an HTTP request ended too early, or was none that can be read.',
    remedy: 'Check the server, and what stands between it and the device.',
  },
  HTTP_ANSWER_TOO_LARGE: {
    summary: 'The answer to an HTTP request is larger than what asked for it takes.',
    remedy: 'Ask for less at once.',
  },
  HTTP_ANSWER_INVALID: {
    summary: 'The answer to an HTTP request is not of the form that was expected.',
    remedy: 'Check whether the URL leads to the server that was meant, and its version.',
  },
  // programs
  PROGRAM_NOT_STARTED: {
    summary: 'A program could not be started.',
    remedy: 'Check that the program and the working folder exist in the image and may be executed.',
  },
  PROGRAM_FAILED: {
    summary: 'A program that a plugin ran ended with a code that is not 0, or by a signal.',
    remedy: 'See what it said; run it by hand in the container.',
  },
  PROGRAM_TIMEOUT: {
    summary: 'A program took longer than what ran it gives it, and was ended.',
    remedy: 'Find out what it waits for, such as a disk that does not answer.',
  },
  PROGRAM_STUCK: {
    summary: 'A program waits in the kernel and cannot be ended.',
    remedy:
      'See what it works on: a disk that was pulled out, or a network drive that is gone. If it lasts, reboot the device.',
  },
  // builtin
  POWER_CONTROL_MISSING: {
    summary: 'A rule uses device.reboot or device.shutdown, and no plugin in use can carry it out.',
    remedy: 'Name a plugin that brings a power control under `plugins:`, such as `use: "@devicerc/plugin-dbus"`.',
  },
  POWER_UNREACHABLE: {
    summary: 'None of the power controls could be reached by which device.reboot or device.shutdown is done.',
    remedy: 'See what each of them lacks with `devicerc doctor`; `retry` of the step bridges short gaps.',
  },
  EXEC_FAILED: {
    summary: 'A program that `exec` ran ended with a code that counts as a failure, or by a signal.',
    remedy: 'Run the program by hand in the container, or list the code in `success-exit-status`.',
  },
  EXEC_NOT_STARTED: {
    summary: 'A program that `exec` should run could not be started.',
    remedy: 'Check that the program and the working folder exist in the image and may be executed.',
  },
  WEBHOOK_REFUSED: {
    summary: 'The server of a webhook answered with a status other than 2xx.',
    remedy:
      'Check the URL, the headers and the body with the owner of the server. Redirects are not followed: give the final URL.',
  },
  WEBHOOK_UNREACHABLE: {
    summary: 'The server of a webhook could not be reached, or gave no answer in 30 s.',
    remedy: 'Check the name, the port and the network of the device; `retry` bridges short gaps.',
  },
  // config
  CONFIG_NOT_FOUND: {
    summary: 'There is no device file where it was looked for.',
    remedy: 'Create .devicerc.yml, starting with `version: 1` and `rules:`, or name the file on the command line.',
  },
  CONFIG_UNREADABLE: {
    summary: 'A file could not be read within 10 s, is not a regular file, or is not UTF-8 text.',
    remedy: 'Check that it is a text file and may be read, and that the disk or mount that it lies on answers.',
  },
  CONFIG_EMPTY: {
    summary: 'The file holds no rules.',
    remedy: 'Start with `version: 1` and a `rules:` section; a NAME.test.yml starts with `tests:`.',
  },
  CONFIG_TOO_LARGE: {
    summary: 'The file is larger than a device file may be: 1 MiB, and 50,000 values with all aliases written out.',
    remedy: 'Split it with `include:`, or remove what is repeated.',
  },
  CONFIG_TOO_DEEP: {
    summary: 'The file is nested deeper than 64 levels.',
    remedy: 'Flatten it; no rule needs such a depth.',
  },
  YAML_SYNTAX: {
    summary: 'The file is not YAML 1.2.',
    remedy: 'Check indentation, quotes and brackets here and on the line above.',
  },
  YAML_MULTIPLE_DOCUMENTS: {
    summary: 'The file holds several YAML documents.',
    remedy: 'Remove the line with `---`, or move the second part to a file of its own and `include:` it.',
  },
  YAML_TAG: {
    summary: 'YAML tags are not used in a device file.',
    remedy:
      'Put the whole value in quotes if the "!" is a part of it, such as "!clock.synchronized"; else remove the tag.',
  },
  YAML_KEY: {
    summary: 'A key is not a text.',
    remedy: 'Use a plain text as key; quote a `${{ }}` that stands as a value.',
  },
  YAML_ALIAS: {
    summary: 'An alias or a merge key does not name a usable part of the file.',
    remedy: 'Point it at a mapping that ends before it.',
  },
  YAML_DUPLICATE_KEY: {
    summary: 'A mapping holds the same key twice.',
    remedy: 'Remove or rename one of the two.',
  },
  VERSION_UNSUPPORTED: {
    summary: 'The file is written for another version of the grammar.',
    remedy: 'Write `version: 1`.',
  },
  KEY_UNKNOWN: {
    summary: 'A key is not known at this place.',
    remedy: 'Check the spelling and the indentation.',
  },
  KEY_MISSING: {
    summary: 'A key that is needed here is missing.',
    remedy: 'Add the key.',
  },
  KEY_CONFLICT: {
    summary: 'Keys stand together that exclude each other, or one stands without the one it belongs to.',
    remedy: 'Remove one of them.',
  },
  VALUE_TYPE: {
    summary: 'A value is of another kind than the key takes.',
    remedy: 'Write a value of the kind that the message names.',
  },
  VALUE_INVALID: {
    summary: 'A value is of the right kind, but not one that the key takes.',
    remedy: 'Write one of the values that the message names.',
  },
  NAME_INVALID: {
    summary: 'A name cannot be used as it is written.',
    remedy: 'Use letters, digits and underscores, and begin with a letter.',
  },
  NAME_TAKEN: {
    summary: 'A name is used twice, or hides another one.',
    remedy: 'Rename one of the two.',
  },
  NAME_UNAVAILABLE: {
    summary: 'An expression reads a name that has no value at this place.',
    remedy: 'Read another name, or move the expression to where the name has a value.',
  },
  INCLUDE_NOT_FOUND: {
    summary: 'An included file does not exist or cannot be read.',
    remedy: 'Write the path relative to the file that includes it.',
  },
  INCLUDE_CYCLE: {
    summary: 'A file includes itself, directly or through others.',
    remedy: 'Remove one of the includes of the circle.',
  },
  PLUGIN_OPTION_TEMPLATE: {
    summary: 'Options of a plugin are read before expressions can be.',
    remedy: 'Write the value itself.',
  },
  FIELD_UNKNOWN: {
    summary: 'A stream or an action has no field of this name.',
    remedy: 'Check the spelling; `devicerc schema` lists the fields.',
  },
  FIELD_MISSING: {
    summary: 'A field that a stream or an action needs is missing.',
    remedy: 'Add the field.',
  },
  FIELD_INVALID: {
    summary: 'A value is not what the field of a stream or an action takes.',
    remedy: 'Write a value that fits the field.',
  },
  SECRET_MISSING: {
    summary: 'A secret has no value.',
    remedy: 'Set the environment variable, or mount the file.',
  },
  HOLD_DISRUPTIVE: {
    summary: 'An action that reboots or shuts down cannot be held.',
    remedy: 'Use `when:` with `then:`.',
  },
  HOLD_UNSUPPORTED: {
    summary: 'An action stands under `hold` that keeps no effect for as long as a condition is true.',
    remedy: 'Name an action that can be held, or do this one once, in `then:`.',
  },
  PARALLEL_DISRUPTIONS: {
    summary: 'More than one branch of a `parallel` can reboot or shut down the device.',
    remedy: 'Put the step after the `parallel`, or both into one `choose`.',
  },
  LIMIT_DEFAULTED: {
    summary: 'A rule that can reboot or shut down the device has no limit of its own and gets the default one.',
    remedy: 'Write `limit: { runs: 3, per: 24h, cooldown: 10m }`, or the limit that you want.',
  },
  LIMIT_PER_KEY: {
    summary: 'A rule that can reboot or shut down the device has a key, and its limit counts for each key.',
    remedy:
      'Move the disruptive step to a rule without a key, or leave out `limit`: the default counts for the whole rule.',
  },
  LIMIT_KEYS_BOUNDED: {
    summary: 'A rule has a key and a limit: the limit is remembered for a bounded number of keys.',
    remedy: 'Nothing, unless keys can come in a flood: then narrow the pattern, or shorten `per` and `cooldown`.',
  },
  RULE_UNKNOWN: {
    summary: 'A test or a command names a rule that the file does not have.',
    remedy: 'Check the spelling of the rule; `devicerc status` lists those that run.',
  },
  // engine
  SAFE_MODE: {
    summary: 'The last boots were all short, so nothing may reboot or shut down the machine for now.',
    remedy:
      'Find out with `devicerc trace` what ends the boots. It is left after an hour of uptime, or with `devicerc safe-mode off`.',
  },
  DISRUPTION_UNDER_WAY: {
    summary: 'An action that reboots or shuts down is refused, because another one is under way.',
    remedy: 'Nothing to mend: the machine goes down soon, or the other one is given up as lost 90 s after its call.',
  },
  DISRUPTION_REPEATED: {
    summary:
      'A run that took the machine down, or is about to, would do so again, or came to the same step again after a restart.',
    remedy: 'Nothing to mend: a run takes the machine down at most once. Let the rule fire again, within its limit.',
  },
  DISRUPTION_UNRECORDED: {
    summary: 'An action that reboots or shuts down is refused, because it cannot be recorded, and so not be limited.',
    remedy:
      'Give the container a persistent volume with free space for its state folder; or allow it with `boot-safety: { without-record: allow }`.',
  },
  DISRUPTION_LIMITED: {
    summary: 'An action that reboots or shuts down is refused by the limit that a rule without one gets.',
    remedy: 'Wait, or give the rule a `limit` of its own.',
  },
  ENGINE_STOPPING: {
    summary: 'Something was asked of an engine that stops.',
    remedy: 'Start it again.',
  },
  ENGINE_NOT_READY: {
    summary: 'A command asks for a rule while the engine is still starting its plugins.',
    remedy: 'Ask again in a few seconds; `devicerc status` tells whether it runs.',
  },
  ENGINE_NOT_RUNNING: {
    summary: 'A command asks the running engine, and none answers on the control socket.',
    remedy:
      'Start it with `devicerc run`. In a container: `docker exec CONTAINER devicerc status` (balena: `balena exec`). A folder of your own is named with DEVICERC_RUNTIME, for the engine and for this command.',
  },
  CONTROL_UNAVAILABLE: {
    summary:
      'The control socket cannot be opened or used; rules run without it, but status, why and trace get no answer.',
    remedy:
      'Give the runtime folder that the message names to the user of the engine, remove what is no socket there, or name another folder in DEVICERC_RUNTIME. Commands ask as the user of the engine.',
  },
  CONTROL_TAKEN: {
    summary: 'Another engine answers on the control socket; this one runs without.',
    remedy: 'Stop one of the two, or give each a runtime folder of its own in DEVICERC_RUNTIME.',
  },
  CONTROL_VERSION: {
    summary: 'The command and the running engine are of versions that do not understand each other.',
    remedy: 'Use the devicerc of the same release, for example the one inside of the container of the engine.',
  },
  CONTROL_REQUEST: {
    summary: 'A request on the control socket is malformed, too large, or names an unknown command.',
    remedy: 'Write one JSON object on one line of at most 64 KiB, as docs/operating.md shows.',
  },
  CONTROL_BUSY: {
    summary: 'Too many clients are connected to the control socket.',
    remedy: 'Close some of them; idle ones are closed after a minute.',
  },
  CONTROL_TIMEOUT: {
    summary: 'The engine did not answer in time.',
    remedy:
      'Its event loop may be blocked by a plugin, or the machine is under heavy load: see its log, and try again.',
  },
  CONTROL_ANSWER: {
    summary: 'The answer of the engine cannot be read or is too large.',
    remedy: 'Ask for less, such as `devicerc trace RUN` in place of all runs.',
  },
  RUN_UNKNOWN: {
    summary: 'There is no run of this id, or several begin with it.',
    remedy: '`devicerc trace` lists the last runs.',
  },
  BOOT_UNKNOWN: {
    summary: 'The black box holds no record of this boot.',
    remedy: '`--boot 0` is the present boot, `--boot -1` the one before it; five are kept.',
  },
  RELOAD_FAILED: {
    summary: 'A changed file was good, but could not be put in force; the rules that ran go on.',
    remedy: 'Read the message; save the file again when its cause is gone.',
  },
  // ledger
  LEDGER_IN_USE: {
    summary: 'Another engine writes to the state folder.',
    remedy: 'Stop the other one, or give each a folder of its own with DEVICERC_STATE.',
  },
  LEDGER_FORMAT_UNKNOWN: {
    summary: 'The state folder was written by another release of the engine, in a format that this one does not read.',
    remedy: 'Run that release again, or remove the folder: timers, limits and messages that wait are lost then.',
  },
  LEDGER_UNWRITABLE: {
    summary: 'What has to survive a power cut cannot be written; what rests on it is refused until it can.',
    remedy: 'Free space on the disk of the state folder, or make it writable; the engine tries again by itself.',
  },
  LEDGER_MISSING: {
    summary: 'The state folder can neither be made nor read, or lies in memory: nothing is remembered over a boot.',
    remedy: 'Mount a persistent volume at /data, or name a folder that can be written with DEVICERC_STATE.',
  },
  BOOT_ID_MISSING: {
    summary: 'The boots of the machine cannot be told apart: nothing is remembered, not even over a restart.',
    remedy: 'Mount procfs at /proc, so that /proc/sys/kernel/random/boot_id can be read, and start the engine again.',
  },
  STORE_TABLE_INVALID: {
    summary: 'A plugin asks for a table that it cannot have.',
    remedy: 'A fault of the plugin: report it to its author.',
  },
  STORE_ROW_INVALID: {
    summary: 'A plugin writes a row that is not what its table holds.',
    remedy: 'A fault of the plugin: report it to its author.',
  },
  STORE_ROW_TOO_LARGE: {
    summary: 'A plugin writes a row that is larger than its table allows.',
    remedy: 'Report it to the author of the plugin, with what it was to remember.',
  },
  // plugins
  PLUGIN_NOT_FOUND: {
    summary: 'A plugin under use is neither installed nor a file.',
    remedy: 'Install it beside the file, or correct the path, which counts from the folder of the file that names it.',
  },
  PLUGIN_IMPORT_FAILED: {
    summary: 'The module of a plugin failed while it was loaded.',
    remedy: 'See the message; the fault lies in the plugin or in one of its own dependencies.',
  },
  PLUGIN_INVALID: {
    summary: 'A module that is named as a plugin is not one, or brings a class that is not marked.',
    remedy: 'End it with `export default definePlugin({ name, api, streams, actions })` and mark the classes.',
  },
  PLUGIN_API_UNSUPPORTED: {
    summary: 'A plugin was written for another version of the plugin contract.',
    remedy: 'Install a release of the plugin that works with this engine, or the engine that the plugin asks for.',
  },
  PLUGIN_OPTION_INVALID: {
    summary: 'An option of a plugin is not what its schema asks for.',
    remedy: 'Correct the option under with; the page of the plugin lists its options.',
  },
  PLUGIN_DEPENDENCY_MISSING: {
    summary: 'A plugin depends on another one that is not in use.',
    remedy: 'Add the other plugin under plugins.',
  },
  PLUGIN_CYCLE: {
    summary: 'Plugins depend on each other in a circle.',
    remedy: 'The plugins have to be mended: one of them must not depend on the other.',
  },
  PLUGIN_NAME_TAKEN: {
    summary: 'Two plugins, streams, actions or error codes have the same name.',
    remedy: 'Use only one of the plugins.',
  },
  PLUGIN_SERVICE_HIDDEN: {
    summary: 'A plugin injects a service of a plugin that it does not depend on.',
    remedy: 'Name the other plugin in dependsOn of the plugin.',
  },
  PLUGIN_FAULT: {
    summary: 'A plugin failed and is out of service; the others go on.',
    remedy: 'See the message, then reload the file or restart the engine.',
  },
  PLUGIN_TIMEOUT: {
    summary: 'A service of a plugin did not start or end in time.',
    remedy: 'See what it waits for; start and dispose have 30 s each.',
  },
  PLUGIN_COMPILER_MISSING: {
    summary: 'A TypeScript plugin has to be compiled, and there is no compiler here.',
    remedy:
      'Build ahead: compile it to JavaScript and name the .js file, or run `devicerc check` where typescript or @swc/core is installed with DEVICERC_CACHE set to a folder that you copy into the image. Or install typescript here.',
  },
  PLUGIN_COMPILE_FAILED: {
    summary: 'A TypeScript plugin cannot be compiled.',
    remedy: 'Correct the place that the message names.',
  },
  // testing
  EVENTUALLY_NOT: {
    summary: 'A test waited for something that did not come true in its time.',
    remedy: 'See what the test waits for; a slow machine may need more time: `within`.',
  },
  CONTRACT_BROKEN: {
    summary: 'In a test of a plugin, a stream or an action does not do what its own description says.',
    remedy: 'Correct the class, or its schema, as the message says.',
  },
  // cli
  ARGUMENT_MALFORMED: {
    summary: 'An argument of a command has not the form that the command takes.',
    remedy: '`devicerc COMMAND --help` shows its arguments with examples.',
  },
  SIMULATOR_MISSING: {
    summary: '`run --simulate` was asked for, but the simulator is not installed.',
    remedy: 'Type `npm install --save-dev @devicerc/simulator`; a device has no need of it.',
  },
} as const;

const { error, diagnostic } = errorsOf(coreErrorTable);

export const coreError = error;
export const coreDiagnostic = diagnostic;
export type CoreErrorCode = keyof typeof coreErrorTable;
