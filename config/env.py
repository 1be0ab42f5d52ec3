"""What a site can set, all through the environment. An empty value means the embedded engine.

Every bad value is reported at once, with its name, before anything starts.
"""

import secrets
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from viewer.services.window import ImportWindow

ROOT = Path(__file__).resolve().parent.parent


class Env(BaseSettings):
    """The environment variables of Mitate; each is read with the prefix ``MITATE_``."""

    model_config = SettingsConfigDict(env_prefix="MITATE_", env_file=None, extra="ignore")

    data_dir: Path = Field(default=ROOT / "data", description="Folder that holds everything the site owns: images, database, keys, caches.")
    database_url: str = Field(default="", description="postgres://user:password@host:port/name; empty: SQLite in the data folder.")
    database_connections: int = Field(
        default=32,
        ge=2,
        le=1000,
        description="Connections to PostgreSQL that one process shares among its requests; all of them fewer than its max_connections.",
    )
    redis_url: str = Field(
        default="",
        description="redis://host:port/0, for live hints and counts that several web processes share; empty: in-process, and files.",
    )
    secret_key: str = Field(
        default="", description="Signing key of sessions and grants, at least 50 characters; empty: made once and kept in the data folder."
    )
    allowed_hosts: Annotated[list[str], NoDecode] = Field(
        default=["127.0.0.1", "localhost", "[::1]"], description="Host names under which the site is reached, separated by commas."
    )
    trusted_origins: Annotated[list[str], NoDecode] = Field(
        default=[], description="Origins behind a TLS proxy, such as https://mitate.example.ac.jp, separated by commas."
    )
    model_hosts: Annotated[list[str], NoDecode] = Field(
        default=["127.0.0.1:8500"], description="host:port of the model endpoints that may be spoken to, separated by commas."
    )
    https: bool = Field(default=False, description="True behind TLS: cookies are sent over HTTPS only and HSTS is on.")
    debug: bool = Field(default=False, description="Developer's pages on errors; never in service.")
    pixel_workers: int = Field(default=2, ge=1, le=64, description="Child processes that decode pixels, for each web process.")
    pixel_memory_bytes: int = Field(default=3 << 30, ge=256 << 20, description="Address space one pixel worker may take, in bytes.")
    tile_cache_bytes: int = Field(default=4 << 30, ge=0, description="Disk space that rendered tiles may take, in bytes.")
    levels_bytes: int = Field(
        default=20 << 30,
        ge=0,
        description="Disk space for tiles that slides do not store (missing levels, JPEG 2000 and the like), in bytes; 0: none are kept.",
    )
    levels_workers: int = Field(default=1, ge=1, le=64, description="Child processes that make such tiles in the background.")
    upload_max_bytes: int = Field(default=20 << 30, ge=1 << 20, description="Largest single file taken by the upload page, in bytes.")
    upload_keep_hours: int = Field(default=72, ge=1, description="Hours after which an upload that does not go on is thrown away.")
    uploads_unfinished: int = Field(default=50, ge=1, description="Unfinished uploads that one person may have at a time.")
    export_keep_days: int = Field(default=7, ge=1, description="Days for which the files of exports that the worker made are kept.")
    export_bytes: int = Field(
        default=20 << 30,
        ge=0,
        description="Disk space that such files may take, in bytes; the oldest go first, the newest may be all of it.",
    )
    dicomweb_store: bool = Field(
        default=False, description="True: who may add images to a collection may send them by DICOMweb (STOW-RS), see receiving.md."
    )
    import_window: str = Field(
        default="",
        description="Hours such as 20:00-06:00, by the site's clock, to which watch and ingest --in-window keep; empty: at any time.",
    )
    web_workers: int = Field(default=1, ge=1, le=64, description="Web processes; more than one needs PostgreSQL and Redis.")

    @field_validator("allowed_hosts", "trusted_origins", "model_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        """Read a comma-separated text as a list."""
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: str) -> str:
        """Refuse a key that can be guessed."""
        if value and len(value) < 50:
            raise ValueError("must have at least 50 characters")
        return value

    @field_validator("import_window")
    @classmethod
    def _written_as_hours(cls, value: str) -> str:
        """Refuse hours that no clock shows."""
        if value:
            ImportWindow.parse(value)
        return value

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        """Make the folder independent of where a command was started."""
        return value.resolve()

    def incoming_dir(self) -> Path:
        """Return the folder for request bodies that are still coming, on the same file system as the images."""
        folder = self.data_dir / "incoming"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def signing_key(self) -> str:
        """Return the signing key, making and keeping one (mode 0600) on the first start of a site that set none."""
        if self.secret_key:
            return self.secret_key
        path = self.data_dir / "secret.key"
        if not path.exists():
            self.data_dir.mkdir(parents=True, exist_ok=True)
            fresh = path.with_suffix(f".{secrets.token_hex(4)}")
            fresh.touch(mode=0o600)
            fresh.write_text(secrets.token_urlsafe(64), "utf-8")
            try:
                # link, not rename: of two processes starting at once the first one's key stays.
                path.hardlink_to(fresh)
            except FileExistsError:
                pass
            finally:
                fresh.unlink()
        return path.read_text("utf-8").strip()


@lru_cache(maxsize=1)
def read_env() -> Env:
    """Read the environment once per process."""
    return Env()
