# A VM at Google Compute Engine with a service account, by which it pulls from Artifact Registry: there is no password to keep.

terraform {
  required_version = ">= 1.5"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 7.0"
    }
  }
}

provider "google" {
  project = var.project
  region  = var.region
}

module "user_data" {
  source     = "../user-data"
  app        = var.app
  image      = var.image
  host       = var.host
  domain     = var.domain
  email      = var.email
  repository = var.repository
  branch     = var.branch
  releases   = var.releases
  registry   = "${local.registry}"
}

locals {
  registry = var.artifact_registry == null ? "" : "${split("/", var.image)[0]}: { gcp: true }"
}

resource "google_service_account" "vm" {
  account_id   = "deploy-receiver"
  display_name = "The VM of ${var.host}"
}

resource "google_artifact_registry_repository_iam_member" "pull" {
  count      = var.artifact_registry == null ? 0 : 1
  repository = var.artifact_registry.name
  location   = var.artifact_registry.location
  role       = "roles/artifactregistry.reader"
  member     = google_service_account.vm.member
}

resource "google_compute_network" "vm" {
  name                    = "deploy-receiver"
  auto_create_subnetworks = false
}

resource "google_compute_subnetwork" "vm" {
  name    = "deploy-receiver"
  network = google_compute_network.vm.id
  # the receiver's own network is 10.213.0.0/20
  ip_cidr_range = "10.0.0.0/24"
}

resource "google_compute_firewall" "ssh" {
  name          = "deploy-receiver-ssh"
  network       = google_compute_network.vm.id
  source_ranges = var.ssh_from

  allow {
    protocol = "tcp"
    ports    = ["22"]
  }
}

resource "google_compute_firewall" "web" {
  name          = "deploy-receiver-web"
  network       = google_compute_network.vm.id
  source_ranges = ["0.0.0.0/0"]

  allow {
    protocol = "tcp"
    ports    = ["80", "443"]
  }
}

resource "google_compute_address" "vm" {
  name = "deploy-receiver"
}

resource "google_compute_instance" "vm" {
  name         = "deploy-receiver"
  machine_type = var.machine_type
  zone         = "${var.region}-b"

  # Google's image of Debian has no cloud-init, and Ubuntu's has
  boot_disk {
    initialize_params {
      image = "ubuntu-os-cloud/ubuntu-2404-lts-amd64"
      size  = 20
    }
  }

  network_interface {
    subnetwork = google_compute_subnetwork.vm.id

    access_config {
      nat_ip = google_compute_address.vm.address
    }
  }

  # what it may do, the roles of its account say
  service_account {
    email  = google_service_account.vm.email
    scopes = ["cloud-platform"]
  }

  metadata = {
    user-data = module.user_data.text
    ssh-keys  = "operator:${var.ssh_public_key}"
  }

  # user data is read at the first boot alone, and a newer image is no reason for another VM
  lifecycle {
    ignore_changes = [metadata["user-data"], boot_disk[0].initialize_params[0].image]
  }
}

resource "google_dns_record_set" "a" {
  for_each = toset(var.zone == "" ? [] : [var.host, var.domain])

  managed_zone = var.zone
  name         = "${each.value}."
  type         = "A"
  ttl          = 300
  rrdatas      = [google_compute_address.vm.address]
}

output "address" {
  description = "Both names need an A record with it"
  value       = google_compute_address.vm.address
}
