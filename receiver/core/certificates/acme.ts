/** From whom certificates are had, and for whom. */
export interface AcmeSettings {
  /** Where the CA may write to. */
  email: string
  /** URL of the CA's ACME directory (RFC 8555, section 7.1.1). */
  server: string
  /** Whether it is there to try things out: no browser believes what it gives. */
  isTrial?: true
  /** What binds the account to one that somebody has with the CA already (RFC 8555, section 7.3.4). */
  eab?: { kid: string; hmacKey: string } | undefined
  /** Where Certbot keeps all of its things; absent: in its usual places. */
  directory?: string
}
