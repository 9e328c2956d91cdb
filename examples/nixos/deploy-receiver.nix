# A module for NixOS: the receiver of the npm package, with Docker, Nginx and Certbot. README.md has how it is used.
{ config, lib, pkgs, ... }:

let
  cfg = config.services.deploy-receiver;
  sites = "/var/lib/deploy-receiver-nginx";

  # one file for Node.js, and none of nixpkgs' packages
  program = pkgs.stdenv.mkDerivation {
    pname = "deploy-receiver";
    version = cfg.version;
    src = pkgs.fetchurl {
      # org/deploy-action stands for the repository that you take this from
      url = "https://github.com/org/deploy-action/releases/download/v${cfg.version}/deploy-receiver-${cfg.version}.tgz";
      hash = cfg.hash;
    };
    nativeBuildInputs = [ pkgs.makeWrapper ];
    installPhase = ''
      mkdir -p $out/lib $out/bin
      cp -r . $out/lib/deploy-receiver
      makeWrapper ${pkgs.nodejs_24}/bin/node $out/bin/deploy-receiver \
        --add-flags "--max-semi-space-size=8 --use-system-ca $out/lib/deploy-receiver/receiver/deploy-receiver.cjs"
    '';
  };

  settings = lib.recursiveUpdate {
    nginx = {
      directory = sites;
      test = "${config.services.nginx.package}/bin/nginx -t -c /etc/nginx/nginx.conf";
      reload = "${pkgs.systemd}/bin/systemctl reload nginx.service";
    };
  } cfg.settings;
in
{
  options.services.deploy-receiver = {
    enable = lib.mkEnableOption "deploy-receiver, which runs what was pushed behind Nginx";

    version = lib.mkOption {
      type = lib.types.str;
      example = "1.0.0";
      description = "The release to run.";
    };

    hash = lib.mkOption {
      type = lib.types.str;
      default = lib.fakeHash;
      description = "Of its deploy-receiver-X.Y.Z.tgz; the first build says which one it is.";
    };

    settings = lib.mkOption {
      type = (pkgs.formats.yaml { }).type;
      example = lib.literalExpression ''
        {
          url = "https://deploy.example.com";
          tls.email = "ops@example.com";
          apps.api = {
            image = "ghcr.io/acme/api";
            domains = [ "api.example.com" ];
            auth.oidc = { repository_id = "123456789"; ref = "refs/heads/main"; };
          };
        }
      '';
      description = "config.yaml, as docs/config.md has it. Whoever is on the machine can read it: secrets are \${…} of environmentFile.";
    };

    environmentFile = lib.mkOption {
      type = lib.types.nullOr lib.types.str;
      default = null;
      example = "/run/secrets/deploy-receiver.env";
      description = "A file with what \${…} in the settings stands for, NAME=value on a line; of sops-nix or agenix.";
    };
  };

  config = lib.mkIf cfg.enable {
    virtualisation.docker.enable = true;
    networking.firewall.allowedTCPPorts = [ 80 443 ];
    environment.systemPackages = [ program ];
    environment.etc = {
      "deploy-receiver/config.yaml".source = (pkgs.formats.yaml { }).generate "config.yaml" settings;
    } // lib.optionalAttrs (cfg.environmentFile != null) {
      "deploy-receiver/env".source = cfg.environmentFile;
    };

    services.nginx = {
      enable = true;
      # then its config has a place that stays, by which it can be tested and reloaded
      enableReload = true;
      appendConfig = "user nginx nginx;";
      appendHttpConfig = "include ${sites}/*.conf;";
    };
    # the keys of certificates are root's: its first process is root, and its workers are not
    systemd.services.nginx.serviceConfig = {
      User = lib.mkForce "root";
      Group = lib.mkForce "root";
    };
    systemd.tmpfiles.rules = [ "d ${sites} 0755 root root -" ];

    systemd.services.deploy-receiver = {
      description = "deploy-receiver, which runs what was pushed behind Nginx";
      wantedBy = [ "multi-user.target" ];
      wants = [ "network-online.target" ];
      requires = [ "docker.service" ];
      after = [ "docker.service" "nginx.service" "network-online.target" ];
      path = [ pkgs.certbot pkgs.docker config.services.nginx.package ];
      reloadTriggers = [ config.environment.etc."deploy-receiver/config.yaml".source ];
      serviceConfig = {
        Type = "notify";
        NotifyAccess = "all";
        WatchdogSec = "3min";
        TimeoutStartSec = "5min";
        ExecStart = "${program}/bin/deploy-receiver serve";
        ExecReload = "${pkgs.coreutils}/bin/kill -HUP $MAINPID";
        Restart = "on-failure";
        RestartSec = 2;
        StateDirectory = "deploy-receiver";
        StateDirectoryMode = "0711";
        RuntimeDirectory = "deploy-receiver";
        RuntimeDirectoryMode = "0700";
        UMask = "0077";
        MemoryMax = "512M";
      };
    };
  };
}
