import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';

/** The OpenAPI document of what this process answers. */
export function openApiDocument(app: NestFastifyApplication): OpenAPIObject {
  const description = new DocumentBuilder()
    .setTitle('Tactful')
    .setDescription('Marketing automation that knows when not to send. Errors are RFC 9457 problems; lists are keyset pages: give `next` back as `cursor`.')
    .setVersion('1')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'An API key: tk_…' })
    .addSecurityRequirements('bearer')
    .build();
  return SwaggerModule.createDocument(app, description);
}

/** Serves the document and a page to read it at /docs. */
export function serveDocs(app: NestFastifyApplication): void {
  SwaggerModule.setup('docs', app, () => openApiDocument(app), { jsonDocumentUrl: 'docs/openapi.json' });
}
