using Cairn.Formats;
using Cairn.Functions.Requests;
using Cairn.Functions.Routing;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;

namespace Cairn.Functions.Endpoints;

/// <summary>The commit of one request, for a space that it may bring into being.</summary>
internal static class SpaceWrite
{
    /// <summary>Encodes it. A space that does not exist is made only once the request can be read: a wrong one changes nothing.</summary>
    /// <exception cref="Problems.ProblemException">What the caller has to mend; unknown-space.</exception>
    public static async ValueTask<(Space Space, EncodedCommit Commit)> EncodeAsync(
        Call call, CommitEncoder encoder, Action<CommitWriter, Incarnation, FieldRules> write)
    {
        if (call.Space is null)
        {
            Encode(encoder, default, vectors: default, write).Return();
        }

        var space = await call.RequireOrCreateSpaceAsync();
        return (space, Encode(encoder, space.Record.Incarnation, new(space.Current.Settings), write));
    }

    private static EncodedCommit Encode(
        CommitEncoder encoder, Incarnation incarnation, VectorRules vectors, Action<CommitWriter, Incarnation, FieldRules> write) =>
        encoder.Encode(incarnation, writer => write(writer, incarnation, new(KeepTimes: false, vectors)));
}
