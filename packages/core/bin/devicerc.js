#!/usr/bin/env node
import '../dist/devicerc.js';
