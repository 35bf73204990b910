import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiQuery } from '@nestjs/swagger';
import { z } from 'zod';

type SchemaObject = NonNullable<Parameters<typeof ApiQuery>[0]> extends infer Options ? (Options extends { schema?: infer Schema } ? Schema : never) : never;

/** Describes a route in OpenAPI from the same Zod schemas that parse it. */
export function Documented(about: { summary: string; body?: z.ZodType; query?: z.ZodObject }): MethodDecorator {
  const decorators: MethodDecorator[] = [ApiOperation({ summary: about.summary })];
  if (about.body) decorators.push(ApiBody({ schema: jsonSchema(about.body) as never }));
  for (const [name, schema] of Object.entries(about.query?.shape ?? {})) {
    decorators.push(ApiQuery({ name, required: !(schema as z.ZodType).safeParse(undefined).success, schema: jsonSchema(schema as z.ZodType) as SchemaObject }));
  }
  return applyDecorators(...decorators);
}

function jsonSchema(schema: z.ZodType): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', target: 'openapi-3.0', reused: 'inline', cycles: 'ref' }) as Record<string, unknown>;
  return rest;
}
