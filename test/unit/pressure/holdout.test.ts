import {
  holdoutOf,
  inControlGroup,
} from "../../../src/core/pressure/holdout.js";

const ids = Array.from({ length: 20_000 }, (_, index) => index + 1);
const share = (draw: (id: number) => boolean): number =>
  ids.filter(draw).length / ids.length;

describe("the control group", () => {
  it.each([0, 1, 5, 20, 50])("holds %s in a hundred", (percent) => {
    expect(
      share((id) => inControlGroup("contact", id, "engine", percent)) * 100,
    ).toBeCloseTo(percent, -0.3);
  });

  it("only grows when the percentage is raised", () => {
    const small = ids.filter((id) =>
      inControlGroup("contact", id, "engine", 5),
    );
    expect(
      small.every((id) => inControlGroup("contact", id, "engine", 10)),
    ).toBe(true);
  });

  it("of one campaign is drawn independently of another", () => {
    const both = share(
      (id) =>
        inControlGroup("contact", id, "campaign-1", 20) &&
        inControlGroup("contact", id, "campaign-2", 20),
    );
    expect(both).toBeGreaterThan(0.03);
    expect(both).toBeLessThan(0.05);
  });

  it("of a play holds whole accounts", () => {
    const request = {
      campaignId: 7,
      campaignPercent: 30,
      campaignUnit: "account",
      enginePercent: 0,
    } as const;
    for (let accountId = 1; accountId <= 200; accountId += 1) {
      const colleagues = [1, 2, 3].map((person) =>
        holdoutOf({
          ...request,
          accountId,
          contactId: accountId * 10 + person,
        }),
      );
      expect(new Set(colleagues).size).toBe(1);
    }
  });

  it("of the engine holds whole accounts too, so that nobody reads it from a colleague", () => {
    const request = {
      campaignId: 7,
      campaignPercent: 0,
      campaignUnit: "contact",
      enginePercent: 30,
    } as const;
    const held = ids.slice(0, 300).map((accountId) =>
      [1, 2].map((person) =>
        holdoutOf({
          ...request,
          accountId,
          contactId: accountId * 10 + person,
        }),
      ),
    );
    expect(held.every(([one, other]) => one === other)).toBe(true);
    expect(held.some(([one]) => one === "engine")).toBe(true);
  });

  it("is the same draw for ever: who is in it today was in it last year", () => {
    expect(
      ids
        .slice(0, 200)
        .filter((id) => inControlGroup("contact", id, "engine", 5)),
    ).toEqual([39, 64, 69, 115, 161, 163]);
  });
});
