# An AWS Application Load Balancer in front of several VMs. Written by the provider's documentation, and not tried at AWS.
# It checks by address, with the address as Host: /.well-known/deploy-receiver/up/… answers whatever the Host is.

variable "vpc_id" { type = string }
variable "subnet_ids" { type = list(string) }
variable "certificate_arn" { type = string }

variable "vm_ids" {
  type        = map(string)
  description = "Instances by name: { vm-1 = \"i-0123\", … }; their security group lets port 80 in from the balancer's"
}

resource "aws_security_group" "balancer" {
  name   = "api-balancer"
  vpc_id = var.vpc_id

  ingress {
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_lb" "api" {
  name               = "api"
  load_balancer_type = "application"
  subnets            = var.subnet_ids
  security_groups    = [aws_security_group.balancer.id]
  # WebSockets and long answers: as long as nginx.site.timeout
  idle_timeout = 3600
}

resource "aws_lb_target_group" "api" {
  name     = "api"
  port     = 80
  protocol = "HTTP"
  vpc_id   = var.vpc_id
  # requests under way on a VM that leaves
  deregistration_delay = 60

  health_check {
    path                = "/.well-known/deploy-receiver/up/api"
    matcher             = "200"
    interval            = 5
    timeout             = 2
    healthy_threshold   = 2
    unhealthy_threshold = 2
    # drain_balancer: at least interval × unhealthy_threshold; watch: at least interval × healthy_threshold
  }
}

resource "aws_lb_target_group_attachment" "vm" {
  for_each         = var.vm_ids
  target_group_arn = aws_lb_target_group.api.arn
  target_id        = each.value
}

resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.api.arn
  port              = 443
  protocol          = "HTTPS"
  certificate_arn   = var.certificate_arn

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.api.arn
  }
}
