variable "app" {
  description = "Name of the first app: small letters, digits and -"
  type        = string
  default     = "api"
}

variable "image" {
  description = "Repository of its image, like ghcr.io/acme/api"
  type        = string
}

variable "host" {
  description = "Public name for hooks, like deploy.example.com"
  type        = string
}

variable "domain" {
  description = "Name for visitors of the app, like api.example.com"
  type        = string
}

variable "email" {
  description = "Whom the certificate authority writes to"
  type        = string
}

variable "repository" {
  description = "Repository on GitHub whose workflows deploy, like acme/api"
  type        = string
}

variable "branch" {
  description = "Branch whose pushes are deployed"
  type        = string
  default     = "main"
}

variable "ssh_public_key" {
  description = "Who may sign in by SSH, like ssh-ed25519 AAAA…"
  type        = string
}

variable "ssh_from" {
  description = "From where: your own address is better, like 203.0.113.7/32"
  type        = list(string)
  default     = ["0.0.0.0/0"]
}

variable "releases" {
  description = "Where install.sh and the packages are; org/deploy-action stands for the repository that you take this from"
  type        = string
  default     = "https://github.com/org/deploy-action/releases"
}

variable "zone" {
  description = "Zone at Hetzner's DNS that has both names, like example.com; empty when your DNS is elsewhere"
  type        = string
  default     = ""
}

variable "server_type" {
  description = "hcloud server-type list shows them"
  type        = string
  default     = "cx23"
}

variable "location" {
  description = "Like nbg1, fsn1, hel1, ash"
  type        = string
  default     = "nbg1"
}
