using System.CommandLine;
using Cairn.Functions.Hosting;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Reconciliation.Checkpoints;
using Cairn.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cairn.Functions.Commands;

/// <summary><c>verify [space]</c>: reads log and checkpoints of spaces that nobody serves, and verifies every checksum.</summary>
internal static class VerifyCommand
{
    public static RootCommand AddTo(RootCommand root) => OfflineSpaces.AddTo(
        root,
        "verify",
        "Read the log and the checkpoints of spaces that no server holds, and verify every checksum. Changes nothing; exits with 1 at the first damage.",
        VerifyAsync);

    private static async Task VerifyAsync(ISpaceStore store, SpaceRecord space, EngineOptions options, CancellationToken cancellationToken)
    {
        var observer = new SpaceObserver(space.Name, NullLogger.Instance, TimeProvider.System);
        var found = await new SpaceVerifier(store, space, observer).RunAsync(cancellationToken);
        var torn = found.TornBytes == 0 ? "" : $"; a torn write of {found.TornBytes:N0} bytes at its end, which the next start sets aside";
        Console.WriteLine(
            $"{space.Name}: whole. Log: {found.Frames:N0} frames, {found.LogBytes:N0} bytes{torn}. "
            + $"Checkpoints: {found.Checkpoints}, in {found.Segments} segments with {found.Chunks:N0} chunks, {found.SegmentBytes:N0} bytes.");
    }
}
