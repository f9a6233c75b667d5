# A sweep, a table and a picture; needs python3-pandas and python3-matplotlib.
import matplotlib.pyplot as plt
import turnpike

sweep = turnpike.sweep({"accelerator": "precision-highway", "network": "zoo:resnet18",
                        "matrix": {"precision": [16, 8, 4, 3, 2], "highway.enabled": [False, True]}}, progress=True)
points = sweep.frame()
print(points.pivot(index="precision", columns="highway.enabled", values=["energy_uj", "cycles"]))
for enabled, group in points.groupby("highway.enabled"):
    plt.plot(group["precision"], group["energy_uj"], "o-", label="with highway" if enabled else "without")
plt.xlabel("bits"), plt.ylabel("uJ"), plt.legend()
plt.savefig("energy.png")
