"""Write the CSV files of this folder from the PyPI packages that ship the data.

Run ``python datasets/build.py`` with pandas and pip installed. Each package is fetched without its
dependencies, read as an archive and never installed. ``README.md`` names source and licence of every file.
"""

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import pandas as pd

HERE = Path(__file__).parent
TRAFFIC_WITHOUT_GAPS = slice("2017-04-14 00:00", "2017-07-01 23:00")


def open_member(folder, requirement, member):
    """Download one wheel into `folder` and open the file `member` inside it."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, requirement]
    subprocess.run(command, check=True)
    (wheel,) = Path(folder).glob(requirement.replace("==", "-") + "*.whl")
    return zipfile.ZipFile(wheel).open(member)


def build_airline(folder):
    """Monthly totals of international airline passengers."""
    frame = pd.read_csv(open_member(folder, "sktime==1.2.0", "sktime/datasets/data/Airline/Airline.csv"))
    passengers = frame["Passengers"].to_numpy()
    return pd.DataFrame({"month": pd.to_datetime(frame["Date"]), "passengers": passengers})


def build_gasoline(folder):
    """Weekly motor gasoline supplied in the United States."""
    member = open_member(folder, "autots==1.0.4", "autots/datasets/data/eia_weekly.zip")
    frame = pd.read_csv(member, compression="zip", parse_dates=["datetime"])
    frame = frame[frame["series_id"].str.contains("Product Supplied of Finished Motor Gasoline")]
    return pd.DataFrame({"week": frame["datetime"], "gasoline": frame["value"].astype(int)})


def build_pageviews(folder):
    """Daily views of the English Wikipedia article "Standard deviation"."""
    member = open_member(folder, "autots==1.0.4", "autots/datasets/data/holidays.zip")
    frame = pd.read_csv(member, compression="zip", parse_dates=["datetime"])
    return pd.DataFrame({"day": frame["datetime"], "views": frame["wiki_Standard_deviation"].astype(int)})


def build_traffic(folder):
    """Hourly westbound vehicles on one motorway: the longest stretch of whole days without a gap."""
    member = open_member(folder, "autots==1.0.4", "autots/datasets/data/traffic_hourly.zip")
    frame = pd.read_csv(member, compression="zip", parse_dates=["datetime"], index_col="datetime")
    series = frame.loc[TRAFFIC_WITHOUT_GAPS, "traffic_volume"]
    return pd.DataFrame({"hour": series.index, "vehicles": series.to_numpy().astype(int)})


def build_housing(folder):
    """Monthly homes sold in the cities of Texas that have no missing month."""
    frame = pd.read_csv(open_member(folder, "plotnine==0.15.9", "plotnine/data/txhousing.csv"))
    frame = frame[frame["sales"].notna().groupby(frame["city"]).transform("all")]
    month = pd.to_datetime(frame[["year", "month"]].assign(day=1))
    long = pd.DataFrame({"unique_id": frame["city"], "ds": month, "y": frame["sales"].astype(int)})
    return long.sort_values(["unique_id", "ds"])


BUILDERS = {
    "airline": build_airline,
    "gasoline": build_gasoline,
    "pageviews": build_pageviews,
    "traffic": build_traffic,
    "housing": build_housing,
}


def main():
    """Write every file."""
    with tempfile.TemporaryDirectory() as folder:
        for name, build in BUILDERS.items():
            build(folder).to_csv(HERE / f"{name}.csv", index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
