import { RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { ModulesContainer } from '@nestjs/core';
import type { TestApp } from './app.js';

export interface Route {
  readonly method: string;
  readonly path: string;
  readonly handler: object;
  readonly controller: object;
}

/** Every route that a controller declares, also those that OpenAPI leaves out; the tracking API, which is fast and has no controller, is not among them. */
export function routesOf(app: TestApp): Route[] {
  const controllers = [...app.get(ModulesContainer).values()].flatMap((module) => [...module.controllers.values()]).map(({ metatype }) => metatype as (new () => object) | null);
  return [...new Set(controllers)].flatMap((controller) => {
    if (!controller) return [];
    const prefix = String(Reflect.getMetadata(PATH_METADATA, controller));
    return Object.getOwnPropertyNames(controller.prototype).flatMap((name) => {
      const handler = Object.getOwnPropertyDescriptor(controller.prototype, name)?.value as object | undefined;
      const method = typeof handler === 'function' ? (Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined) : undefined;
      if (handler === undefined || method === undefined) return [];
      return [{ method: RequestMethod[method], path: `/${prefix}/${String(Reflect.getMetadata(PATH_METADATA, handler))}`.replace(/\/+/g, '/').replace(/(.)\/$/, '$1'), handler, controller }];
    });
  });
}

export const nameOf = ({ method, path }: Pick<Route, 'method' | 'path'>): string => `${method} ${path}`;
