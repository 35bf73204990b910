import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';

/** The OpenAPI document of what this process answers; `beside` are the paths that are answered without Nest. */
function openApiDocument(app: NestFastifyApplication, beside: OpenAPIObject['paths'] = {}): OpenAPIObject {
  const description = new DocumentBuilder()
    .setTitle('Tactful')
    .setDescription('Marketing automation that knows when not to send. Errors are RFC 9457 problems; lists are keyset pages: give `next` back as `cursor`.')
    .setVersion('1')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'An API key: tk_…' })
    .addBasicAuth({ type: 'http', scheme: 'basic', description: 'A write key (wk_…) as user name, for /v1' }, 'write key')
    .addSecurityRequirements('bearer')
    .build();
  const document = SwaggerModule.createDocument(app, description);
  return { ...document, paths: { ...document.paths, ...beside } };
}

/** Serves the document and a page to read it at /docs. */
export function serveDocs(app: NestFastifyApplication, beside: OpenAPIObject['paths'] = {}): void {
  SwaggerModule.setup('docs', app, () => openApiDocument(app, beside), { jsonDocumentUrl: 'docs/openapi.json' });
}
