export type SchemaKind = 'AVRO' | 'PROTOBUF' | 'JSON'

/** A schema that another one uses, under the name that it has there. */
export interface SchemaReference {
  name: string
  subject: string
  version: number
}

/** A schema as the registry holds it. */
export interface RegisteredSchema {
  kind: SchemaKind
  text: string
  references: readonly SchemaReference[]
}

export interface SubjectVersion extends RegisteredSchema {
  id: number
  version: number
}
