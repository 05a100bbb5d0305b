using System.Runtime.CompilerServices;
using Cairn.Primitives;
using Cairn.Snapshots.Checkpoints;

namespace Cairn.Simulation.Stores;

/// <summary>Looks at each manifest and each deletion the moment it happens: whatever a manifest that counts names must be there.</summary>
internal static class CheckpointGuard
{
    private static readonly ConditionalWeakTable<byte[], Manifest> Parsed = [];

    /// <summary>A blob was created: a manifest is only created over files that are there.</summary>
    public static void Created(SpaceLife life, string name)
    {
        if (!Manifest.TryParseName(name, out var number) || Newest(life) is not { } newest || newest.Number != number)
        {
            return;
        }

        RequireWhole(life);
        life.Images.Add(new(name, [.. life.Blobs.List("").Select(blob => (blob.Name, life.Blobs.Find(blob.Name)!))]));
    }

    /// <summary>The newest manifest and those that it keeps name only what is there.</summary>
    public static void RequireWhole(SpaceLife life)
    {
        if (Newest(life) is not { } newest)
        {
            return;
        }

        RequireFiles(life, newest);
        foreach (var kept in newest.Kept)
        {
            RequireFiles(life, Read(life, Manifest.NameOf(kept.Number)) ?? throw Missing(newest, Manifest.NameOf(kept.Number)));
        }
    }

    /// <summary>No kept checkpoint goes on in a log file that is being deleted, or before it.</summary>
    public static void RequireNotNeeded(SpaceLife life, int file)
    {
        var newest = Newest(life);
        var oldest = newest is null ? LogPosition.Zero : newest.Kept.Select(static kept => kept.Position).Append(newest.Position).Min();
        if (oldest.File <= file)
        {
            throw new SimulationException($"log file {file} is deleted, and {newest?.Name ?? "the log alone"} needs it from {oldest} on");
        }
    }

    private static Manifest? Newest(SpaceLife life) => life.Blobs.List(Manifest.Folder) is [.., var last] ? Read(life, last.Name) : null;

    private static Manifest? Read(SpaceLife life, string name) =>
        life.Blobs.Find(name) is { } bytes ? Parsed.GetValue(bytes, found => ManifestCodec.Read(found, name)) : null;

    private static void RequireFiles(SpaceLife life, Manifest manifest)
    {
        foreach (var file in manifest.Segments.Concat(manifest.Outcomes))
        {
            if (life.Blobs.Find(file.Name)?.Length != file.LengthBytes)
            {
                throw Missing(manifest, file.Name);
            }
        }
    }

    private static SimulationException Missing(Manifest manifest, string name) => new($"{manifest.Name} names {name}, which is not there");
}
