"""Deploys the sample model: `pulumi package add ../../provider`, then `pulumi up`."""

import pulumi
import pulumi_model_deployment as models

config = pulumi.Config()
name = "breast-cancer"

model = models.ModelDeployment(
    name,
    version="1.0.0",
    source=models.ModelSourceArgs(
        image=models.ModelSourceImageArgs(path=f"../../models/{name}/1.0.0/model.pkl"),
    ),
    image=models.ModelImageArgs(
        repository=f"localhost:5001/python/{name}",
        builder="docker-build",
        base_image="localhost:5001/base/python:3.13",
    ),
    namespace=config.require("namespace"),
    ingress=models.IngressArgs(
        hosts=[models.IngressHostsArgs(host=f"{name}.python.localhost")],
        port=8080,
    ),
)

pulumi.export("url", model.ingress_url)
pulumi.export("image", model.image)
pulumi.export("model", model.model)
