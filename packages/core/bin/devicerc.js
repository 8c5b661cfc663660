#!/usr/bin/env node
import module from 'node:module';

// From Node 22.1 on the compiled program is kept (NODE_COMPILE_CACHE, else the folder for temporary files).
module.enableCompileCache?.();
await import('../dist/devicerc.js');
