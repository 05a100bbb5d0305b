using Cairn.Formats;
using Cairn.Functions.Endpoints;
using Cairn.Functions.Json;
using Cairn.Functions.Problems;
using Cairn.Functions.Requests;
using Cairn.Functions.Routing;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Functions.Mcp;

/// <summary>One call of a tool: what it was given, and how it reads and writes the space of its request.</summary>
internal sealed class ToolCall(Call call, CommitEncoder encoder, JsonNode arguments)
{
    public Call Request => call;

    public JsonNode Arguments => arguments;

    /// <summary>An argument that must be there.</summary>
    /// <exception cref="ProblemException">invalid.</exception>
    public JsonNode Require(string name) => Require(arguments, name);

    /// <summary>A member that must be there.</summary>
    /// <exception cref="ProblemException">invalid.</exception>
    public static JsonNode Require(JsonNode node, string name) =>
        Find(node, name) ?? throw node.Refuse($"{name} is missing");

    /// <summary>A member that may be there; null counts as missing.</summary>
    /// <exception cref="ProblemException">invalid: that is no object.</exception>
    public static JsonNode? Find(JsonNode node, string name) =>
        node.RequireObject().TryGet(System.Text.Encoding.UTF8.GetBytes(name), out var value) && !value.IsNull ? value : null;

    /// <summary>Refuses arguments of other names. Of tools that the reference server has not, no client sends anything that is not in the schema, except by mistake.</summary>
    /// <exception cref="ProblemException">unknown-member.</exception>
    public void RequireKnown(params ReadOnlySpan<string> names)
    {
        foreach (var member in arguments.RequireObject().Members)
        {
            if (!names.Contains(member.NameNode.ToString()))
            {
                throw member.Unknown();
            }
        }
    }

    /// <summary>The newest state of the space, which comes to be if it may.</summary>
    /// <exception cref="ProblemException">unknown-space.</exception>
    public async ValueTask<Reading> ReadAsync()
    {
        await call.RequireOrCreateSpaceAsync();
        return await Reading.OpenAsync(call);
    }

    /// <summary>Commits what is written, all of it or nothing.</summary>
    /// <param name="write">Writes operations and preconditions.</param>
    /// <param name="isRepeatable">The same arguments always make the same commit, so that a call that is sent again with its key is not done again.</param>
    /// <returns>Committed or rejected.</returns>
    /// <exception cref="ProblemException">What the caller has to mend, or why it could not be kept.</exception>
    public async ValueTask<CommitOutcome> CommitAsync(Action<CommitWriter> write, bool isRepeatable)
    {
        var identity = CommitIdentity.Of(isRepeatable ? call.IdempotencyKey : null, null);
        var firstSent = Timestamp.From(call.Service.Time.GetUtcNow());
        var (space, commit) = await SpaceWrite.EncodeAsync(call, encoder, (writer, _, _) =>
        {
            writer.Begin(identity.Text, identity.GivenByCaller, firstSent);
            write(writer);
        });
        var decision = await CommitFlow.RunAsync(call, space, commit);
        call.SetToken(decision.Position);
        return decision.Outcome ?? throw ProblemException.Of(ProblemKinds.NotYetVisible, "the change is kept, and not visible yet");
    }

    /// <summary>Commits what no state of the memory can refuse, except its limits.</summary>
    /// <returns>What became of each operation.</returns>
    /// <exception cref="ProblemException">As <see cref="CommitAsync"/>; rejected.</exception>
    public async ValueTask<IReadOnlyList<OperationResult>> CommitAllAsync(Action<CommitWriter> write, bool isRepeatable)
    {
        var outcome = await CommitAsync(write, isRepeatable);
        return outcome.Kind == OutcomeKind.Committed ? outcome.Results : throw Refused(outcome);
    }

    /// <summary>Why replay refused a commit.</summary>
    public static ProblemException Refused(CommitOutcome outcome) => ProblemException.Of(
        ProblemKinds.Rejected, $"nothing was changed: {Answers.OutcomeJson.RejectionOf(outcome).Reason}");
}
