variable "app" {
  description = "Name of the first app: small letters, digits and -"
  type        = string
  default     = "api"
}

variable "image" {
  description = "Repository of its image, like europe-west1-docker.pkg.dev/acme/images/api"
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

variable "artifact_registry" {
  description = "Repository at Artifact Registry that the VM may pull from: { name = \"images\", location = \"europe-west1\" }; null for an image that is elsewhere"
  type        = object({ name = string, location = string })
  default     = null
}

variable "zone" {
  description = "Name at Cloud DNS of the zone that has both names, like example-com; empty when your DNS is elsewhere"
  type        = string
  default     = ""
}

variable "project" {
  description = "Id of the project"
  type        = string
}

variable "region" {
  description = "Like europe-west1"
  type        = string
}

variable "machine_type" {
  description = "An amd64 one"
  type        = string
  default     = "e2-micro"
}
