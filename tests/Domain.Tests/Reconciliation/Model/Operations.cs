using System.Collections.Immutable;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Domain.Tests.Reconciliation.Model;

/// <summary>One operation of a random commit, as a caller would say it.</summary>
internal abstract record Operation
{
    /// <summary>The same with less to say, for shrinking.</summary>
    public virtual IEnumerable<Operation> Simpler() => [];
}

/// <param name="Id">Empty: derived from the commit.</param>
internal sealed record Put(string Id, Fields Fields, OnExists OnExists) : Operation
{
    public override IEnumerable<Operation> Simpler() => Fields.Simpler().Select(fields => this with { Fields = fields });
}

internal sealed record Patch(string Id, Fields Fields, OnMissing OnMissing) : Operation
{
    public override IEnumerable<Operation> Simpler() => Fields.Simpler().Select(fields => this with { Fields = fields });
}

internal sealed record Delete(string Id, OnMissing OnMissing) : Operation;

internal sealed record Reinforce(string Id, float Amount, OnMissing OnMissing) : Operation;

internal sealed record Associate(AssociationKey Key, Fields Fields, OnExists OnExists, MissingEndpoints MissingEndpoints) : Operation
{
    public override IEnumerable<Operation> Simpler() => Fields.Simpler().Select(fields => this with { Fields = fields });
}

internal sealed record Dissociate(AssociationKey Key, OnMissing OnMissing) : Operation;

internal sealed record ReinforceAssociation(AssociationKey Key, float Amount, OnMissing OnMissing) : Operation;

/// <summary>Which version a precondition names; which number that is shows only when the commit is sent.</summary>
internal enum Guess
{
    Current,
    OneBefore,
    Zero,
}

/// <summary>A precondition over a concept, or over an association if <paramref name="Key"/> is given.</summary>
internal sealed record Requirement(string Id, AssociationKey? Key, Condition Condition, Guess Guess)
{
    /// <summary>Filled in when the commit is sent.</summary>
    public LogPosition Version { get; init; }
}

internal sealed record Commit(ImmutableList<Requirement> Requirements, ImmutableList<Operation> Operations)
{
    public IEnumerable<Commit> Simpler()
    {
        foreach (var requirement in Requirements)
        {
            yield return this with { Requirements = Requirements.Remove(requirement) };
        }

        for (var i = 0; i < Operations.Count; i++)
        {
            yield return this with { Operations = Operations.RemoveAt(i) };
        }

        for (var i = 0; i < Operations.Count; i++)
        {
            foreach (var simpler in Operations[i].Simpler())
            {
                yield return this with { Operations = Operations.SetItem(i, simpler) };
            }
        }
    }

    public override string ToString() => string.Join(" | ", Requirements.Cast<object>().Concat(Operations));
}
