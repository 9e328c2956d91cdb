variable "app" {
  description = "Name of the first app: small letters, digits and -"
  type        = string
  default     = "api"
}

variable "image" {
  description = "Repository of its image, like 123456789012.dkr.ecr.eu-central-1.amazonaws.com/api"
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

variable "ecr_repository" {
  description = "Name of the repository at ECR that the VM may pull from, like api; empty for an image that is elsewhere"
  type        = string
  default     = ""
}

variable "zone_id" {
  description = "Zone at Route 53 that has both names; empty when your DNS is elsewhere"
  type        = string
  default     = ""
}

variable "region" {
  description = "Like eu-central-1"
  type        = string
}

variable "instance_type" {
  description = "An amd64 one"
  type        = string
  default     = "t3.micro"
}
