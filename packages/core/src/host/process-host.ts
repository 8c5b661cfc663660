import { HostEnvironment } from './host-environment.js';

/** The machine that this process runs on. */
export class ProcessHost extends HostEnvironment {
  override readonly variables = process.env;
  override readonly procPath = '/proc';
  override readonly sysPath = '/sys';
  override readonly rootPath = '';
}
