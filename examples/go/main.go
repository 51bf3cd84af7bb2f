// Deploys the sample model: `pulumi package add ../../provider`, then `pulumi up`.
package main

import (
	"fmt"

	"example.com/pulumi-model-deployment/sdk/go/modeldeployment"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

const name = "breast-cancer"

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		model, err := modeldeployment.NewModelDeployment(ctx, name, &modeldeployment.ModelDeploymentArgs{
			Version: "1.0.0",
			Source: &modeldeployment.ModelSourceArgs{
				Image: &modeldeployment.ModelSourceImageArgs{
					Path: fmt.Sprintf("../../models/%s/1.0.0/model.pkl", name),
				},
			},
			Image: modeldeployment.ModelImageArgs{
				Repository: pulumi.String("localhost:5001/go/" + name),
				Builder:    pulumi.StringRef("docker-build"),
				BaseImage:  pulumi.String("localhost:5001/base/python:3.13"),
			},
			Namespace: pulumi.String(config.Require(ctx, "namespace")),
			Ingress: &modeldeployment.IngressArgs{
				Hosts: modeldeployment.IngressHostsArray{
					&modeldeployment.IngressHostsArgs{Host: pulumi.String(name + ".go.localhost")},
				},
				Port: pulumi.Int(8080),
			},
		})
		if err != nil {
			return err
		}
		ctx.Export("url", model.IngressUrl)
		ctx.Export("image", model.Image)
		ctx.Export("model", model.Model)
		return nil
	})
}
