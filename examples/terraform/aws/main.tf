# A VM at AWS EC2 in the default VPC, which pulls from ECR as itself: there is no password to keep.

terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

provider "aws" {
  region = var.region
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
  has_ecr  = var.ecr_repository != ""
  registry = local.has_ecr ? "${split("/", var.image)[0]}: { ecr: true }" : ""
}

data "aws_ami" "debian" {
  # Debian's own account: https://wiki.debian.org/Cloud/AmazonEC2Image
  owners      = ["136693071363"]
  most_recent = true

  filter {
    name   = "name"
    values = ["debian-13-amd64-*"]
  }
}

data "aws_ecr_repository" "image" {
  count = local.has_ecr ? 1 : 0
  name  = var.ecr_repository
}

data "aws_iam_policy_document" "ec2" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "pull" {
  count = local.has_ecr ? 1 : 0

  statement {
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }

  statement {
    actions   = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    resources = [data.aws_ecr_repository.image[0].arn]
  }
}

resource "aws_iam_role" "vm" {
  name_prefix        = "deploy-receiver-"
  assume_role_policy = data.aws_iam_policy_document.ec2.json
}

resource "aws_iam_role_policy" "pull" {
  count  = local.has_ecr ? 1 : 0
  role   = aws_iam_role.vm.id
  policy = data.aws_iam_policy_document.pull[0].json
}

resource "aws_iam_instance_profile" "vm" {
  name_prefix = "deploy-receiver-"
  role        = aws_iam_role.vm.name
}

resource "aws_key_pair" "operator" {
  key_name_prefix = "deploy-receiver-"
  public_key      = var.ssh_public_key
}

resource "aws_security_group" "vm" {
  name_prefix = "deploy-receiver-"
  description = "SSH, HTTP, HTTPS"

  ingress {
    description = "SSH"
    protocol    = "tcp"
    from_port   = 22
    to_port     = 22
    cidr_blocks = var.ssh_from
  }

  dynamic "ingress" {
    for_each = { HTTP = 80, HTTPS = 443 }

    content {
      description      = ingress.key
      protocol         = "tcp"
      from_port        = ingress.value
      to_port          = ingress.value
      cidr_blocks      = ["0.0.0.0/0"]
      ipv6_cidr_blocks = ["::/0"]
    }
  }

  egress {
    description      = "everything"
    protocol         = "-1"
    from_port        = 0
    to_port          = 0
    cidr_blocks      = ["0.0.0.0/0"]
    ipv6_cidr_blocks = ["::/0"]
  }
}

resource "aws_instance" "vm" {
  ami                    = data.aws_ami.debian.id
  instance_type          = var.instance_type
  key_name               = aws_key_pair.operator.key_name
  iam_instance_profile   = aws_iam_instance_profile.vm.name
  vpc_security_group_ids = [aws_security_group.vm.id]
  user_data              = module.user_data.text

  # one hop: the role is the machine's, and containers do not get it
  metadata_options {
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  root_block_device {
    volume_size = 20
    volume_type = "gp3"
    encrypted   = true
  }

  tags = {
    Name = var.host
  }

  # user data is read at the first boot alone, and a newer image is no reason for another VM
  lifecycle {
    ignore_changes = [ami, user_data]
  }
}

# an address that stays when the VM is stopped
resource "aws_eip" "vm" {
  instance = aws_instance.vm.id
}

resource "aws_route53_record" "a" {
  for_each = toset(var.zone_id == "" ? [] : [var.host, var.domain])

  zone_id = var.zone_id
  name    = each.value
  type    = "A"
  ttl     = 300
  records = [aws_eip.vm.public_ip]
}

output "address" {
  description = "Both names need an A record with it"
  value       = aws_eip.vm.public_ip
}
