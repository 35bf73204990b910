import { enableCompileCache, registerHooks } from 'node:module';
import { CACHE, load, resolve } from './typescript-loader.mjs';

registerHooks({ resolve, load });
enableCompileCache(CACHE);
