using Cairn.Model;
using FsCheck;
using FsCheck.Fluent;

namespace Cairn.Domain.Tests.Reconciliation.Model;

/// <summary>The engine against the reference model, over random scenarios.</summary>
public sealed class ReferenceModelTests
{
    [Fact]
    public void Replay_WhenScenariosAreRandom_AgreesWithTheReference() =>
        Properties.Check(500, Generate.Scenarios(60, Generate.Operations), scenario => ScenarioRun.Run(scenario));

    [Fact]
    public void Replay_WhenAttributesHaveNoColumns_AgreesWithTheReference() =>
        Properties.Check(20, Generate.Scenarios(80, Generate.AttributeOperations, Generate.FewColumnsLeft()), scenario => ScenarioRun.Run(scenario));

    /// <summary>Guards the generators: a reason that is never reached is a rule that is not tested.</summary>
    [Fact]
    public void Scenarios_WhenManyAreRun_ReachEveryEffectAndEveryReason()
    {
        static IEnumerable<string> Each(string[] operations, params Effect[] effects) =>
            from operation in operations from effect in effects select $"{operation} {effect}";
        HashSet<string> expected =
        [
            .. Each([nameof(Put), nameof(Patch), nameof(Associate)], Effect.Created, Effect.Updated, Effect.Unchanged, Effect.Skipped),
            .. Each([nameof(Delete), nameof(Dissociate)], Effect.Deleted, Effect.Skipped),
            .. Each([nameof(Reinforce), nameof(ReinforceAssociation)], Effect.Updated, Effect.Skipped),
            .. from reason in Enum.GetNames<RejectionReason>() where reason != nameof(RejectionReason.None) select $"Rejected {reason}",
            "Committed None", "Committed None again", "Rejected Missing again", "Commit none", "Configuration none", "Barrier none", "Generation none", "Purge none",
        ];

        var happened = Generate.Scenarios(60, Generate.Operations).Generator.Sample(200, new Rnd(1, 1), 50).SelectMany(scenario => ScenarioRun.Run(scenario).Happened);

        Assert.Subset(happened.ToHashSet(), expected);
    }
}
