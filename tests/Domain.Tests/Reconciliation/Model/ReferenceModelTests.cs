using Cairn.Model;
using FsCheck;
using FsCheck.Fluent;

namespace Cairn.Domain.Tests.Reconciliation.Model;

/// <summary>The engine against the reference model, over random scenarios.</summary>
public sealed class ReferenceModelTests
{
    [Fact]
    public void Replay_WhenScenariosAreRandom_AgreesWithTheReference() =>
        Properties.Check(500, Generate.Scenarios(60), scenario => ScenarioRun.Run(scenario));

    [Fact]
    public void Replay_WhenAttributesHaveNoColumns_AgreesWithTheReference() =>
        Properties.Check(10, Generate.Scenarios(60, Generate.FewColumnsLeft()), scenario => ScenarioRun.Run(scenario));

    /// <summary>Guards the generators: a reason that is never reached is a rule that is not tested.</summary>
    [Fact]
    public void Scenarios_WhenManyAreRun_ReachEveryEffectAndEveryReason()
    {
        string[] concepts = [nameof(Put), nameof(Patch)];
        string[] effects = [nameof(Effect.Created), nameof(Effect.Updated), nameof(Effect.Unchanged), nameof(Effect.Skipped)];
        HashSet<string> expected =
        [
            .. from operation in concepts.Append(nameof(Associate)) from effect in effects select $"{operation} {effect}",
            .. from operation in new[] { nameof(Delete), nameof(Dissociate) } from effect in new[] { nameof(Effect.Deleted), nameof(Effect.Skipped) } select $"{operation} {effect}",
            .. from operation in new[] { nameof(Reinforce), nameof(ReinforceAssociation) } from effect in new[] { nameof(Effect.Updated), nameof(Effect.Skipped) } select $"{operation} {effect}",
            .. from reason in Enum.GetNames<RejectionReason>() where reason != nameof(RejectionReason.None) select $"Rejected {reason}",
            "Committed None", "Committed None again", "Rejected Missing again", "Commit none", "Configuration none", "Barrier none",
        ];

        var happened = Generate.Scenarios(60).Generator.Sample(200, new Rnd(1, 1), 50).SelectMany(scenario => ScenarioRun.Run(scenario).Happened);

        Assert.Subset(happened.ToHashSet(), expected);
    }
}
